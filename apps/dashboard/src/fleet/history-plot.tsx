import { ChartData } from '../components/chart-data.js';
import { figure } from '../format.js';
import { scaleOf, type Scale } from '../scale.js';
import { useWidth } from '../width.js';
import type { ModelLine } from './history-lines.js';

const HEIGHT = 260;
const EDGE = { left: 56, right: 16, top: 12, bottom: 44 };
const DASHES = ['', '6 3', '2 3', '8 3 2 3'];
/** Lines that are told apart by their dashes; all are in the table. */
export const MOST_LINES = DASHES.length;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface HistoryPlotProps {
  device: string;
  lines: readonly ModelLine[];
  /** Moments at which the device became another. */
  changes: readonly number[];
}

/** The median of each model over time with its 95 % interval; a dashed upright line stands where the device changed. */
export function HistoryPlot({ device, lines, changes }: HistoryPlotProps) {
  const [box, width] = useWidth<HTMLDivElement>(720);
  const shown = lines.slice(0, MOST_LINES);
  const medians = shown.flatMap((line) => line.medians);
  const moments = medians.map(({ at }) => at);
  const heights = medians.flatMap(({ timing: { p50, low, high } }) => [p50, low ?? p50, high ?? p50]);
  const x = scaleOf(moments, EDGE.left, width - EDGE.right, { air: 0.03, count: 4 });
  const y = scaleOf([0, ...heights], HEIGHT - EDGE.bottom, EDGE.top, { air: 0.04, count: 4 });
  const title = `the history on ${device}`;
  return (
    <div ref={box} className="card plot distribution">
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`Median latency over time on ${device}, in milliseconds`}
      >
        <Axes x={x} y={y} moments={moments} width={width} />
        {changes.map((moment) => (
          <line
            key={moment}
            className="line-0"
            strokeDasharray="3 3"
            x1={x.at(moment)}
            x2={x.at(moment)}
            y1={EDGE.top}
            y2={HEIGHT - EDGE.bottom}
          >
            <title>From here on the device has another processor, system or runtime</title>
          </line>
        ))}
        {shown.map((line, index) => (
          <Line key={line.digest} line={line} index={index} x={x} y={y} />
        ))}
      </svg>
      <ul className="legend quiet" aria-label="Lines">
        {shown.map(({ digest, label }, index) => (
          <li key={digest}>
            <svg width={28} height={10} aria-hidden="true">
              <line x1={0} x2={28} y1={5} y2={5} className={`line-${index}`} strokeDasharray={DASHES[index]} />
            </svg>{' '}
            {label}
          </li>
        ))}
        {changes.length > 0 && <li>upright line: the device became another</li>}
      </ul>
      <ChartData title={title} fileName={`history-${device}.csv`} data={() => tableOf(lines)} />
    </div>
  );
}

interface AxesProps {
  x: Scale;
  y: Scale;
  moments: readonly number[];
  width: number;
}

function Axes({ x, y, moments, width }: AxesProps) {
  const [first, last] = [Math.min(...moments), Math.max(...moments)];
  const ends = first === last ? [first] : [first, last];
  return (
    <>
      {y.ticks
        .filter((tick) => tick >= 0)
        .map((tick) => (
          <g key={tick} className="tick">
            <line x1={EDGE.left} x2={width - EDGE.right} y1={y.at(tick)} y2={y.at(tick)} />
            <text x={EDGE.left - 6} y={y.at(tick) + 4} textAnchor="end">
              {figure(Number(tick.toPrecision(6)))}
            </text>
          </g>
        ))}
      {ends.map((moment, index) => (
        <text
          key={moment}
          x={ends.length === 1 ? x.at(moment) : index === 0 ? EDGE.left : width - EDGE.right}
          y={HEIGHT - EDGE.bottom + 16}
          textAnchor={ends.length === 1 ? 'middle' : index === 0 ? 'start' : 'end'}
        >
          {momentText(moment, last - first)}
        </text>
      ))}
      <text x={(EDGE.left + width - EDGE.right) / 2} y={HEIGHT - 8} textAnchor="middle">
        when it was measured; median of a run in ms
      </text>
    </>
  );
}

function Line({ line: { medians }, index, x, y }: { line: ModelLine; index: number; x: Scale; y: Scale }) {
  return (
    <>
      <polyline
        className={`line-${index}`}
        strokeDasharray={DASHES[index]}
        points={medians.map(({ at, timing }) => `${x.at(at).toFixed(1)},${y.at(timing.p50).toFixed(1)}`).join(' ')}
      />
      {medians.map(({ at, timing: { p50, low, high }, measurement }, place) => (
        <g key={place} className={`line-${index} dot`}>
          <title>{`${momentText(at, 0)}, ${measurement.title}: ${p50.toFixed(3)} ms`}</title>
          {low !== null && high !== null && <line x1={x.at(at)} x2={x.at(at)} y1={y.at(low)} y2={y.at(high)} />}
          <circle cx={x.at(at)} cy={y.at(p50)} r={3.5} />
        </g>
      ))}
    </>
  );
}

/** The date where the days tell moments apart, else the time, within an hour with its seconds. */
const momentText = (moment: number, span: number): string => {
  const date = new Date(moment);
  if (span > DAY_MS) return date.toLocaleDateString();
  return date.toLocaleString([], { dateStyle: 'short', timeStyle: span > HOUR_MS ? 'short' : 'medium' });
};

const tableOf = (lines: readonly ModelLine[]) => ({
  columns: ['measured at', 'model', 'sha-256', 'job', 'median (ms)', 'low (ms)', 'high (ms)', 'p95 (ms)'],
  rows: lines.flatMap(({ digest, label, medians }) =>
    medians.map(({ timing: { p50, p95, low, high }, measurement: { measuredAt, title } }) => [
      ...[measuredAt, label, digest, title],
      ...[p50, low, high, p95],
    ]),
  ),
});
