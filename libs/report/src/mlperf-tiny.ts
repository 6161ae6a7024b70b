import type { MetricName, Report } from '#contracts';

/** Figures of quality by the names that MLPerf Tiny's results give them. */
const QUALITY: Partial<Record<MetricName, string>> = { top1: 'accuracy', anomalyAuc: 'auc', auroc: 'auc' };

/** One line of results in the shape of MLPerf Tiny's. */
export interface TinyResult {
  division: 'open';
  model: string;
  latency_ms: { median: number; p95: number | null } | null;
  throughput_inferences_per_s: number | null;
  quality: { metric: string; value: number }[];
  size_bytes: number;
}

export interface TinyResults {
  note: string;
  system: { processor: string; runtime: string };
  results: TinyResult[];
}

/**
 * The figures in the shape of MLPerf Tiny's results (Banbury et al., MLPerf Tiny Benchmark, 2021): performance and
 * quality of each model, division "open", since closed forbids pruning and retraining. They are not results of MLPerf:
 * its rules of measuring were not followed.
 */
export function mlperfTiny(report: Report): TinyResults {
  const { versions, machine } = report.reproduction;
  const models = [
    { model: `${report.reproduction.model.name} (baseline)`, metrics: report.baseline },
    { model: report.title, metrics: report.final },
  ];
  return {
    note: 'Shaped like results of MLPerf Tiny and not verified by MLCommons; measured by Coldpress, not by its runner.',
    system: { processor: machine, runtime: versions['onnxruntime-node'] ?? versions['runtime'] ?? 'unknown' },
    results: models.map(({ model, metrics }) => ({
      division: 'open',
      model,
      latency_ms:
        metrics.latencyMsP50 === undefined ? null : { median: metrics.latencyMsP50, p95: metrics.latencyMsP95 ?? null },
      throughput_inferences_per_s: metrics.latencyMsP50 ? 1000 / metrics.latencyMsP50 : null,
      quality: (Object.keys(QUALITY) as MetricName[]).flatMap((name) => {
        const value = metrics[name];
        return typeof value === 'number' ? [{ metric: QUALITY[name] ?? name, value }] : [];
      }),
      size_bytes: metrics.bytes,
    })),
  };
}
