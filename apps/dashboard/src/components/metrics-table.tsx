import {
  formatLatencyRatio,
  formatMetric,
  type Job,
  type LatencyRatio,
  METRIC_NAMES,
  type MetricName,
  METRICS,
  type StageMetrics,
} from '#contracts';
import { comparison } from '../verdict.js';
import { stageName } from '../stage-name.js';
import { Scroll } from './scroll.js';

/** Before and after: the baseline and each stage's model, every figure with its ratio to the baseline. */
export function MetricsTable({ job }: { job: Job }) {
  if (!job.baseline) return null;
  const rows: { name: string; metrics: StageMetrics }[] = [
    { name: 'baseline', metrics: job.baseline },
    ...job.stages.flatMap((stage) =>
      stage.metrics ? [{ name: stageName(job.stages, stage), metrics: stage.metrics }] : [],
    ),
  ];
  const columns = METRIC_NAMES.filter((name) => rows.some(({ metrics }) => metrics[name] !== undefined));
  return (
    <section aria-label="Before and after">
      <h2>Before and after</h2>
      <Scroll label="Figures before and after">
        <table>
          <thead>
            <tr>
              <th>Model</th>
              {columns.map((name) => (
                <th key={name} className="number" title={METRICS[name].label}>
                  {METRICS[name].title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                <th scope="row">{row.name}</th>
                {columns.map((name) => (
                  <Cell
                    key={name}
                    name={name}
                    value={row.metrics[name]}
                    baseline={index > 0 ? job.baseline?.[name] : undefined}
                    latency={name === 'latencyMsP50' ? row.metrics.latencyRatio : undefined}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Cell({
  name,
  value,
  baseline,
  latency,
}: {
  name: MetricName;
  value: number | null | undefined;
  baseline: number | null | undefined;
  latency: LatencyRatio | undefined;
}) {
  if (value === undefined) return <td className="number quiet">–</td>;
  return (
    <td className="number">
      {formatMetric(name, value)}
      {value !== null && typeof baseline === 'number' && (
        <div className="quiet">{latency ? formatLatencyRatio(latency) : comparison(name, value, baseline)}</div>
      )}
    </td>
  );
}
