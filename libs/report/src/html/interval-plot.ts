import { formatMetric, METRIC_NAMES, METRICS, type MetricName } from '#contracts';
import type { ModelRow } from '../rows.js';
import { linearScale, place, seriesColour, svg, svgLine, svgText } from './svg.js';

const [LABELS, WIDTH, ROW, TOP] = [220, 760, 22, 12];

/** Shares with their intervals, a line per model under each figure; empty where no model has any. */
export function intervalPlot(rows: readonly ModelRow[]): string {
  const hasInterval = (name: MetricName) => rows.some(({ metrics: own }) => own.intervals?.[name]);
  const metrics = METRIC_NAMES.filter((name) => isGood(name) && hasInterval(name));
  const lines = metrics.flatMap((metric) => rows.flatMap((row, model) => lineOf(metric, row, model)));
  if (lines.length === 0) return '';
  const values = lines.flatMap(({ low, high }) => [low, high]);
  const scale = linearScale([Math.min(...values), Math.max(...values)], [LABELS, WIDTH - 30]);
  const bottom = TOP + lines.length * ROW;
  const axis = scale.ticks.flatMap((tick) => [
    svgLine(scale.at(tick), TOP, scale.at(tick), bottom, 'class="grid"'),
    svgText(scale.at(tick), bottom + 16, `${Number((100 * tick).toPrecision(4))}`, 'middle'),
  ]);
  const title = svgText((LABELS + WIDTH) / 2, bottom + 34, 'per cent', 'middle');
  const heightOf = (index: number) => TOP + (index + 0.5) * ROW;
  const drawn = lines.map((line, index) => drawLine(line, heightOf(index), scale.at));
  return svg(WIDTH, bottom + 40, 'Figures of quality with their intervals, as in the table', [
    ...axis,
    title,
    ...drawn,
  ]);
}

/** Shares near 1 are drawn together; errors are near 0, and would squeeze them. */
function isGood(name: MetricName): boolean {
  const { unit, better } = METRICS[name];
  return unit === 'share' && better === 'higher';
}

interface Line {
  label: string;
  words: string;
  value: number;
  low: number;
  high: number;
  model: number;
}

function lineOf(metric: MetricName, { label, metrics }: ModelRow, model: number): Line[] {
  const [value, interval] = [metrics[metric], metrics.intervals?.[metric]];
  if (typeof value !== 'number' || !interval) return [];
  const { low, high } = interval;
  const words = `${label}: ${formatMetric(metric, value)}`;
  return [{ label: `${METRICS[metric].title}, ${label}`, words, value, low, high, model }];
}

function drawLine({ label, words, value, low, high, model }: Line, y: number, at: (value: number) => number): string {
  const colour = seriesColour(model);
  const name = svgText(LABELS - 10, y + 4, label, 'end');
  const bar = svgLine(at(low), y, at(high), y, `stroke="${colour}" stroke-width="2"`);
  const dot = `<circle cx="${place(at(value))}" cy="${place(y)}" r="4" fill="${colour}"><title>${words}</title></circle>`;
  return name + bar + dot;
}
