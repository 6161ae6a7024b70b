import { compare } from './compare.js';
import { speedupSign } from './describe.js';
import { medianInterval } from './rank-interval.js';

/** The first and the last stretch are a minute, or half of a run that is shorter than two. */
const WINDOW_S = 60;

export interface Sustained {
  windowSeconds: number;
  /** Medians of each subject, ms. */
  firstMs: number[];
  lastMs: number[];
  /** Pairs of subjects of which one was faster for certain at first, and the other, or none, at the end. */
  reversed: Reversal[];
}

/** Two subjects by their places, with times of a over times of b at first and at the end. */
export interface Reversal {
  a: number;
  b: number;
  first: number;
  last: number;
}

/**
 * What became of the speed of subjects that were timed in blocks for long: the medians of the first and the last minute, and whose order is
 * another at the end. Null where either stretch has no sample.
 */
export function sustained(samplesMs: readonly (readonly number[])[], atSeconds: readonly number[]): Sustained | null {
  const end = atSeconds.at(-1) ?? 0;
  const windowSeconds = Math.min(WINDOW_S, end / 2);
  const within = (from: number, to: number) =>
    samplesMs.map((samples) => samples.filter((_, i) => isIn(atSeconds[i], from, to)));
  const [first, last] = [within(0, windowSeconds), within(end - windowSeconds, Infinity)];
  if ([...first, ...last].some((samples) => samples.length === 0)) return null;
  const [firstMs, lastMs] = [first, last].map((stretch) => stretch.map((each) => medianInterval(each).median));
  return {
    windowSeconds,
    firstMs: firstMs ?? [],
    lastMs: lastMs ?? [],
    reversed: neighbours(firstMs ?? [], lastMs ?? []).flatMap(([a, b]) => reversal(first, last, a, b)),
  };
}

const isIn = (at: number | undefined, from: number, to: number): boolean => at !== undefined && at >= from && at < to;

/** Neighbours in either order: where two orders differ, they do so between some of these. */
function neighbours(...medians: (readonly number[])[]): [number, number][] {
  const pairs = new Map<string, [number, number]>();
  for (const values of medians) {
    const order = values.map((_, i) => i).toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
    for (const [place, b] of order.slice(1).entries()) {
      const pair: [number, number] = [Math.min(order[place] ?? 0, b), Math.max(order[place] ?? 0, b)];
      pairs.set(pair.join(), pair);
    }
  }
  return [...pairs.values()];
}

type Stretch = readonly (readonly number[])[];

function reversal(first: Stretch, last: Stretch, a: number, b: number): Reversal[] {
  const [before, after] = [first, last].map((stretch) => compare([stretch[a] ?? [], stretch[b] ?? []])[0]);
  if (!before || !after || before.verdict === 'inconclusive' || after.verdict === 'inconclusive') return [];
  if (speedupSign(before) === speedupSign(after)) return [];
  return [{ a, b, first: before.speedup, last: after.speedup }];
}
