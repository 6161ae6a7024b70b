import type { Figures, JobItem } from '#contracts';
import { formatMetric, type MetricName } from '#contracts/metric-table';

/** A figure by which models are compared; undefined where nobody measured it. */
export interface Axis {
  title: string;
  value(metrics: Figures, baseline: Figures): number | undefined;
  /** Ends of its interval, where it has one: figures whose intervals meet are not told apart. */
  interval?(metrics: Figures): readonly [number, number] | undefined;
  format(value: number): string;
}

type Compared = MetricName & keyof Figures;

const axis = (name: Compared, title: string): Axis => ({
  title,
  value: (model) => model[name] ?? undefined,
  format: (value) => formatMetric(name, value),
});

/** Costs: less is better. A latency is true of the machine and the hour, so it is given against the original's, measured in turn with it. */
export const COSTS: readonly Axis[] = [
  axis('bytes', 'On disk'),
  axis('compressedBytes', 'Compressed'),
  {
    title: 'Latency against the original',
    value: latencyRatio,
    interval: latencyInterval,
    format: (ratio) => `× ${ratio.toFixed(2)}`,
  },
];

function latencyRatio(
  { latencyMsP50, latencyRatio: measured }: Figures,
  { latencyMsP50: original }: Figures,
): number | undefined {
  return measured?.ratio ?? (latencyMsP50 !== undefined && original ? latencyMsP50 / original : undefined);
}

function latencyInterval({ latencyRatio: measured }: Figures): readonly [number, number] | undefined {
  if (!measured) return undefined;
  if (measured.verdict === 'equal') return [Math.min(1, measured.low ?? 1), Math.max(1, measured.high ?? 1)];
  return [measured.low ?? 0, measured.high ?? Infinity];
}

/** Quality: more is better. */
export const QUALITIES: readonly Axis[] = [axis('top1', 'Top-1'), axis('outputSnrDb', 'Output SNR')];

export interface Point {
  /** Absent for the original model. */
  job?: JobItem;
  cost: number;
  /** What the cost is known to lie between. */
  costs: readonly [number, number];
  quality: number;
  /** No other point is at least as good in both and better in one. */
  isBest: boolean;
}

/** Jobs on the same model and data: what may be compared. Newest first. */
export function comparable(jobs: readonly JobItem[]): JobItem[][] {
  const groups = new Map<string, JobItem[]>();
  for (const job of jobs) if (job.baseline) groups.set(groupOf(job), [...(groups.get(groupOf(job)) ?? []), job]);
  return [...groups.values()];
}

export const groupOf = (job: JobItem): string => `${job.modelId}/${job.datasetId ?? ''}`;

/** The original model and each job's last one, cheapest first; those without both figures are left out. */
export function tradeOffs(jobs: readonly JobItem[], cost: Axis, quality: Axis): Point[] {
  const measured = jobs.flatMap((job) =>
    job.final && job.baseline ? [{ job, metrics: job.final, baseline: job.baseline }] : [],
  );
  const original = measured.find(({ baseline }) => quality.value(baseline, baseline) !== undefined)?.baseline;
  const all = [...(original ? [{ metrics: original, baseline: original }] : []), ...measured];
  const points = all.flatMap(({ metrics, baseline, ...of }) => {
    const [x, y] = [cost.value(metrics, baseline), quality.value(metrics, baseline)];
    return x === undefined || y === undefined
      ? []
      : [{ ...of, cost: x, costs: cost.interval?.(metrics) ?? ([x, x] as const), quality: y }];
  });
  return points
    .map((point) => ({ ...point, isBest: !points.some((other) => dominates(other, point)) }))
    .sort((a, b) => a.cost - b.cost || b.quality - a.quality);
}

type Place = Pick<Point, 'costs' | 'quality'>;

/** At least as good in both and better in one; costs that noise may have set apart count as equal. */
function dominates(a: Place, b: Place): boolean {
  const [isCheaper, isDearer] = [a.costs[1] < b.costs[0], a.costs[0] > b.costs[1]];
  return !isDearer && a.quality >= b.quality && (isCheaper || a.quality > b.quality);
}

/** A job by its name, or by what its recipe asks for. */
export const jobTitle = (job: JobItem): string => job.name ?? job.title;
