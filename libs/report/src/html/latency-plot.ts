import type { ModelRow } from '../rows.js';
import { linearScale, place, seriesColour, svg, svgLine, svgText } from './svg.js';

const [LEFT, WIDTH, HEIGHT, TOP, BOTTOM] = [60, 760, 300, 12, 250];
/** Points of a curve: more than a screen shows are of no use. */
const POINTS = 120;
/** Runs slower than this share of all are beyond the right edge: one hiccup would squeeze the rest. */
const SHOWN = 0.99;

/** How many of the runs of each model took at most so long; empty where none was timed. */
export function latencyPlot(rows: readonly ModelRow[]): string {
  const measured = rows.map(({ label, metrics: { latencySamplesMs = [] } }, model) => {
    const sorted = latencySamplesMs.toSorted((a, b) => a - b);
    return { label, model, sorted };
  });
  const curves = measured.filter(({ sorted }) => sorted.length > 1);
  if (curves.length === 0) return '';
  const longestShown = (sorted: readonly number[]) => sorted[Math.floor(SHOWN * (sorted.length - 1))] ?? 0;
  const longest = Math.max(...curves.map(({ sorted }) => longestShown(sorted)));
  const x = linearScale([0, longest], [LEFT, WIDTH - 20]);
  const y = linearScale([0, 1], [BOTTOM, TOP]);
  const axes = [
    ...x.ticks.map((tick) => svgText(x.at(tick), BOTTOM + 18, String(tick), 'middle')),
    ...y.ticks.flatMap((tick) => [
      svgLine(LEFT, y.at(tick), WIDTH - 20, y.at(tick), 'class="grid"'),
      svgText(LEFT - 8, y.at(tick) + 4, `${Math.round(100 * tick)}`, 'end'),
    ]),
    svgText((LEFT + WIDTH) / 2, BOTTOM + 38, 'milliseconds of one run', 'middle'),
    svgText(4, TOP + 8, '%'),
  ];
  const scales = { x: x.at, y: y.at, longest };
  const drawn = curves.map(({ sorted, model }) => curve(sorted, seriesColour(model), scales));
  const legend = curves.map(({ label, model }, index) => {
    const at = LEFT + 12 + index * 150;
    const stroke = `stroke="${seriesColour(model)}" stroke-width="3"`;
    return svgLine(at, HEIGHT + 4, at + 20, HEIGHT + 4, stroke) + svgText(at + 26, HEIGHT + 8, label.slice(0, 18));
  });
  const label = 'Share of runs by latency, a curve per model; medians are in the table';
  return svg(WIDTH, HEIGHT + 16, label, [...axes, ...drawn, ...legend]);
}

interface Frame {
  x(value: number): number;
  y(value: number): number;
  longest: number;
}

function curve(sorted: readonly number[], colour: string, { x, y, longest }: Frame): string {
  const points = Array.from({ length: Math.min(POINTS, sorted.length) }, (_, i) => i);
  const last = Math.max(1, points.length - 1);
  const path = points.flatMap((i) => {
    const share = i / last;
    const value = sorted[Math.round(share * (sorted.length - 1))] ?? 0;
    return value > longest ? [] : [`${place(x(value))} ${place(y(share))}`];
  });
  return `<path d="M${path.join('L')}" fill="none" stroke="${colour}" stroke-width="2"/>`;
}
