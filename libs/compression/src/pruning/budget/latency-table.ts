import { elementOf } from '#onnx';
import { measureLatency, percentile } from '#evaluation';
import { Session, type HostTensors } from '#inference';

/** Times single runs of several models, alternated; raw samples of each in ms. */
export type MeasureModels = (models: readonly Uint8Array[]) => Promise<number[][]>;

/** One pruning that was really made and timed. */
export interface LatencyPoint {
  /** The least tried ratio that gives this graph. */
  ratio: number;
  macs: number;
  /** Median of its single-sample runs. */
  ms: number;
  /** Half the width of the median's 95 % notch: 1.57 · IQR / √n (McGill, Tukey and Larsen 1978). */
  uncertaintyMs: number;
}

/** A pruned copy, and the multiply-accumulates it has. */
export interface Pruned {
  model: Uint8Array;
  macs: number;
}

/** Ratios that are pruned and timed; the last is the greatest that a search tries. */
const TABLE_RATIOS = [0, 1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8, 6 / 8, 7 / 8, 0.99];

/** Timed runs per model: as many as half a second holds, within these. */
const RUNS = { withinMs: 500, least: 15, most: 200 };
const WARMUP_RUNS = 3;

/** Medians known less well than this share of themselves are worth measuring again, and a verdict by them little. */
export const NOISY = 0.05;

/** How often at most as many runs again are added while medians are noisy. */
const ROUNDS = 4;

/**
 * Prunes copies at every ratio of the table and times all of them in one run; ratios that give the graph of the one
 * before are left out.
 */
export async function measureTable(
  prunedAt: (ratio: number) => Pruned,
  measure: MeasureModels,
): Promise<LatencyPoint[]> {
  const rows: { ratio: number; macs: number; model: Uint8Array }[] = [];
  for (const ratio of TABLE_RATIOS) {
    const pruned = prunedAt(ratio);
    if (rows.at(-1)?.model.length !== pruned.model.length || rows.at(-1)?.macs !== pruned.macs)
      rows.push({ ratio, ...pruned });
  }
  const samples = await measure(rows.map(({ model }) => model));
  const medianAt = (i: number) => medianOf(elementOf(samples, i, 'samples'));
  return rows.map(({ ratio, macs }, i) => ({ ratio, macs, ...medianAt(i) }));
}

/** A median and what it may be off by. */
export function medianOf(samplesMs: readonly number[]): { ms: number; uncertaintyMs: number } {
  const spread = percentile(samplesMs, 75) - percentile(samplesMs, 25);
  return { ms: percentile(samplesMs, 50), uncertaintyMs: (1.57 * spread) / Math.sqrt(samplesMs.length) };
}

/**
 * The time of a graph by its multiply-accumulates: medians made monotone by least squares (pool adjacent violators),
 * linear in between. Interpolating over multiply-accumulates and not over the ratio follows the steps in which channels
 * really go.
 */
export function latencyModel(points: readonly LatencyPoint[]): (macs: number) => number {
  const sorted = points.toSorted((a, b) => a.macs - b.macs);
  const fitted = nonDecreasing(sorted.map(({ ms }) => ms));
  return (macs) => {
    const above = sorted.findIndex((point) => point.macs >= macs);
    if (above <= 0)
      return above === 0 ? elementOf(fitted, 0, 'fitted') : elementOf(fitted, fitted.length - 1, 'fitted');
    const [low, high] = [elementOf(sorted, above - 1, 'sorted').macs, elementOf(sorted, above, 'sorted').macs];
    const [from, to] = [elementOf(fitted, above - 1, 'fitted'), elementOf(fitted, above, 'fitted')];
    return from + ((to - from) * (macs - low)) / (high - low);
  };
}

/**
 * Times models on the same generated sample, in this process; on a busy machine up to four times as often as on a quiet
 * one.
 */
export function timeOn(feeds: HostTensors, threads: number): MeasureModels {
  return async (models) => {
    const sessions: Session[] = [];
    try {
      for (const model of models) sessions.push(await Session.create(model, { threads }));
      const subjects = sessions.map((session) => ({ session, feeds: [feeds] }));
      const first = await measureLatency(subjects.slice(0, 1), { runs: 3, warmupRuns: WARMUP_RUNS });
      const onceMs = percentile(elementOf(first.samplesMs, 0, 'samples ms'), 50);
      const runs = Math.min(RUNS.most, Math.max(RUNS.least, Math.round(RUNS.withinMs / onceMs)));
      const samples: number[][] = models.map(() => []);
      for (let round = 0; round < ROUNDS && (round === 0 || samples.some(isNoisy)); round++) {
        const timed = await measureLatency(subjects, { runs, warmupRuns: WARMUP_RUNS });
        timed.samplesMs.forEach((list, i) => elementOf(samples, i, 'samples').push(...list));
      }
      return samples;
    } finally {
      for (const session of sessions) await session.release();
    }
  };
}

function isNoisy(samplesMs: readonly number[]): boolean {
  const { ms, uncertaintyMs } = medianOf(samplesMs);
  return uncertaintyMs > NOISY * ms;
}

/** The closest sequence in least squares that never falls. */
function nonDecreasing(values: readonly number[]): number[] {
  const pools: { mean: number; count: number }[] = [];
  for (const value of values) {
    let pool = { mean: value, count: 1 };
    while (pools.length > 0 && elementOf(pools, pools.length - 1, 'pools').mean > pool.mean) {
      const { mean, count } = pools.pop()!;
      const together = count + pool.count;
      pool = { mean: (mean * count + pool.mean * pool.count) / together, count: together };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ mean, count }) => Array.from({ length: count }, () => mean));
}
