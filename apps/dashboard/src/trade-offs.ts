import type { Figures, JobItem } from '#contracts';
import { formatMetric, type MetricName } from '#contracts/metric-table';

/** A figure by which models are compared; undefined where nobody measured it. */
export interface Axis {
  title: string;
  value(metrics: Figures, baseline: Figures): number | undefined;
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
    value: ({ latencyMsP50 }, { latencyMsP50: original }) =>
      latencyMsP50 !== undefined && original ? latencyMsP50 / original : undefined,
    format: (ratio) => `× ${ratio.toFixed(2)}`,
  },
];

/** Quality: more is better. */
export const QUALITIES: readonly Axis[] = [axis('top1', 'Top-1'), axis('outputSnrDb', 'Output SNR')];

export interface Point {
  /** Absent for the original model. */
  job?: JobItem;
  cost: number;
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
    return x === undefined || y === undefined ? [] : [{ ...of, cost: x, quality: y }];
  });
  return points
    .map((point) => ({ ...point, isBest: !points.some((other) => dominates(other, point)) }))
    .sort((a, b) => a.cost - b.cost || b.quality - a.quality);
}

type Place = Pick<Point, 'cost' | 'quality'>;

function dominates(a: Place, b: Place): boolean {
  return a.cost <= b.cost && a.quality >= b.quality && (a.cost < b.cost || a.quality > b.quality);
}

/** A job by its name, or by what its recipe asks for. */
export const jobTitle = (job: JobItem): string => job.name ?? job.title;
