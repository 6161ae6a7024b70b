import type { Figures, JobItem } from '#contracts';
import type { Axis } from './axes.js';

/** A model, and the jobs that came to it. */
export interface Point {
  /** The model that these jobs began with. */
  isOriginal: boolean;
  /** Newest first; for the original those that left it as it was. */
  jobs: JobItem[];
  /** The middle of what these jobs measured. */
  cost: number;
  quality: number;
  /** What the cost is known to lie between. */
  costs: readonly [number, number];
  qualities: readonly [number, number];
  /** No other model is as good in both and better in one, beyond what measuring twice may differ by. */
  isBest: boolean;
}

type Measured = { job?: JobItem; metrics: Figures; baseline: Figures };

/**
 * The original and each model that jobs came to, cheapest first; jobs that came to the same bytes are one. Those
 * without both figures are left out.
 */
export function tradeOffs(jobs: readonly JobItem[], cost: Axis, quality: Axis): Point[] {
  const measured = jobs.flatMap((job): Measured[] => {
    const { final: metrics, baseline } = job;
    return metrics && baseline ? [{ job, metrics, baseline }] : [];
  });
  const original = measured.find(({ baseline }) => quality.value(baseline, baseline) !== undefined)?.baseline;
  const models = byModel([...measured, ...(original ? [{ metrics: original, baseline: original }] : [])]);
  const found = models.flatMap((same) => pointOf(same, cost, quality) ?? []);
  const points = found.sort((a, b) => a.cost - b.cost || b.quality - a.quality);
  return markBest(points, quality);
}

const ORIGINAL = 'original';
const isUnchanged = ({ job }: Measured): boolean => job === undefined || job.finalDigest === job.modelId;

function byModel(measured: readonly Measured[]): Measured[][] {
  const models = new Map<string, Measured[]>();
  for (const one of measured) {
    const key = isUnchanged(one) ? ORIGINAL : (one.job?.finalDigest ?? one.job?.id ?? '');
    models.set(key, [...(models.get(key) ?? []), one]);
  }
  return [...models.values()];
}

function pointOf(same: readonly Measured[], cost: Axis, quality: Axis): Point | undefined {
  const places = same.flatMap(({ job, metrics, baseline }) => {
    const [x, y] = [cost.value(metrics, baseline), quality.value(metrics, baseline)];
    if (x === undefined || y === undefined) return [];
    return [{ job, x, y, span: cost.interval?.(metrics) ?? ([x, x] as const) }];
  });
  if (places.length === 0) return undefined;
  const xs = places.map(({ x }) => x).sort(ascending);
  const ys = places.map(({ y }) => y).sort(ascending);
  return {
    isOriginal: same.some(isUnchanged),
    jobs: places.flatMap(({ job }) => job ?? []),
    cost: middle(xs),
    quality: middle(ys),
    costs: [Math.min(...places.map(({ span }) => span[0])), Math.max(...places.map(({ span }) => span[1]))],
    qualities: [ys[0] ?? 0, ys.at(-1) ?? 0],
    isBest: false,
  };
}

const ascending = (a: number, b: number): number => a - b;
function middle(sorted: readonly number[]): number {
  const at = Math.floor((sorted.length - 1) / 2);
  return sorted[at] ?? 0;
}

/**
 * From the cheapest on, a point counts when it is better than all before it by more than noise; of those that cost the
 * same, the best.
 */
function markBest(points: readonly Point[], quality: Axis): Point[] {
  const front: Point[] = [];
  for (const point of points) {
    const last = front.at(-1);
    if (last && !(point.quality > last.quality && !quality.isSame(point.quality, last.quality))) continue;
    if (last && meet(point.costs, last.costs)) front.pop();
    front.push(point);
  }
  return points.map((point) => ({ ...point, isBest: front.includes(point) }));
}

/** Costs whose intervals meet are those that noise may have set apart. */
function meet([low, high]: readonly [number, number], [otherLow, otherHigh]: readonly [number, number]): boolean {
  return low <= otherHigh && otherLow <= high;
}

/** Whether being among the best tells anything: not where every model is. */
export function tells(points: readonly Point[]): boolean {
  const models = points.filter(({ isOriginal }) => !isOriginal);
  return models.length > 1 && models.some(({ isBest }) => !isBest);
}

/** A job by its name, or by what its recipe asks for. */
export const jobTitle = (job: JobItem): string => job.name ?? job.title;
