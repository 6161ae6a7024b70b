import type { Job, StageMetrics } from '#contracts';
import { bytes, count, factor, milliseconds, percent } from '../format.js';

interface Column {
  title: string;
  value: (metrics: StageMetrics) => number | null | undefined;
  format: (value: number) => string;
  /** Compared with the baseline as a factor; accuracy is compared by difference. */
  compare: 'factor' | 'points';
}

const COLUMNS: Column[] = [
  { title: 'Top-1', value: (m) => m.top1, format: percent, compare: 'points' },
  { title: 'On disk', value: (m) => m.bytes, format: bytes, compare: 'factor' },
  { title: 'Compressed', value: (m) => m.compressedBytes, format: bytes, compare: 'factor' },
  { title: 'Parameters', value: (m) => m.parameters, format: count, compare: 'factor' },
  { title: 'Non-zeros', value: (m) => m.nonZeros, format: count, compare: 'factor' },
  { title: 'Latency p50', value: (m) => m.latencyMsP50, format: milliseconds, compare: 'factor' },
  { title: 'Latency p95', value: (m) => m.latencyMsP95, format: milliseconds, compare: 'factor' },
];

/** Before and after: the baseline and each stage's model, every figure with its ratio to the baseline. */
export function MetricsTable({ job }: { job: Job }) {
  if (!job.baseline) return null;
  const rows = [{ name: 'baseline', metrics: job.baseline }, ...job.stages.flatMap((stage) => (stage.metrics ? [{ name: stage.pass, metrics: stage.metrics }] : []))];
  return (
    <section aria-label="Before and after">
      <h2>Before and after</h2>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th>Model</th>
              {COLUMNS.map((column) => (
                <th key={column.title} className="number">
                  {column.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                <th scope="row">{row.name}</th>
                {COLUMNS.map((column) => (
                  <Cell key={column.title} column={column} value={column.value(row.metrics)} baseline={index > 0 ? column.value(job.baseline!) : undefined} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Cell({ column, value, baseline }: { column: Column; value: number | null | undefined; baseline: number | null | undefined }) {
  if (value === undefined || value === null) return <td className="number quiet">–</td>;
  return (
    <td className="number">
      {column.format(value)}
      {baseline !== undefined && baseline !== null && <div className="quiet">{comparison(column, value, baseline)}</div>}
    </td>
  );
}

function comparison(column: Column, value: number, baseline: number): string {
  if (column.compare === 'factor') return factor(value, baseline);
  const points = (value - baseline) * 100;
  return `${points >= 0 ? '+' : '−'}${Math.abs(points).toFixed(2)} points`;
}
