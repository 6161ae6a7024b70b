import type { PlotData } from '#contracts';

type Point = readonly [number, number];

export interface PlotSeries {
  name: string;
  /** x and y of each mark, in the order in which the line joins them. */
  points: readonly Point[];
  /** `marks` leaves the line out, as for single models in a trade-off. */
  style?: 'line' | 'marks';
}

export interface LinePlot {
  title: string;
  xLabel: string;
  yLabel: string;
  series: readonly PlotSeries[];
}

const WIDTH = 720;
const HEIGHT = 420;
const LEGEND_LINE = 18;
/**
 * Series that the legend names; a net of sixty layers would fill pages. The others are told by their titles, which a
 * browser shows on hovering.
 */
const LEGEND_LINES = 16;
const MARGIN = { left: 72, right: 24, top: 44, bottom: 56 };
/** Okabe and Ito's colours, which people who are colour-blind can tell apart. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#8c8c00'];

/**
 * A plot as a self-contained SVG document, with a legend where there is more than one series. Points that are not
 * finite are left out; `metadata` holds all of them as PlotData.
 */
export function linePlot({ title, xLabel, yLabel, series }: LinePlot): string {
  const isDrawable = ([x, y]: Point) => Number.isFinite(x) && Number.isFinite(y);
  const drawn = series.map((one) => ({ ...one, points: one.points.filter(isDrawable) }));
  const points = drawn.flatMap((one) => one.points);
  const [xs, ys] = [points.map(([value]) => value), points.map(([, value]) => value)];
  const x = axis(xs, MARGIN.left, WIDTH - MARGIN.right);
  const y = axis(ys, HEIGHT - MARGIN.bottom, MARGIN.top);
  const legend = series.length > 1 ? legendOf(series) : [];
  const height = HEIGHT + legend.length * LEGEND_LINE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" ` +
      `height="${height}" font-family="system-ui, sans-serif" font-size="13" role="img" ` +
      `aria-label="${escape(title)}">`,
    `<metadata>${escape(JSON.stringify(dataOf({ xLabel, yLabel, series })))}</metadata>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(WIDTH / 2, 24, title, 'middle', 'font-size="16" font-weight="600"'),
    ...x.ticks.flatMap((tick) => [
      line(x.at(tick), MARGIN.top, x.at(tick), HEIGHT - MARGIN.bottom),
      text(x.at(tick), HEIGHT - MARGIN.bottom + 18, x.label(tick), 'middle'),
    ]),
    ...y.ticks.flatMap((tick) => [
      line(MARGIN.left, y.at(tick), WIDTH - MARGIN.right, y.at(tick)),
      text(MARGIN.left - 8, y.at(tick) + 4, y.label(tick), 'end'),
    ]),
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 14, xLabel, 'middle'),
    `<g transform="translate(18 ${(MARGIN.top + HEIGHT - MARGIN.bottom) / 2}) ` +
      `rotate(-90)">${text(0, 0, yLabel, 'middle')}</g>`,
    ...drawn.flatMap(({ name, points, style }, index) =>
      curve(
        name,
        points.map(([px, py]) => [x.at(px), y.at(py)] as const),
        colour(index),
        style ?? 'line',
      ),
    ),
    ...legend.flatMap((name, index) => {
      const top = HEIGHT + index * LEGEND_LINE;
      const swatch = `<rect x="${MARGIN.left}" y="${top - 9}" width="14" height="4" fill="${colour(index)}"/>`;
      return [swatch, text(MARGIN.left + 22, top - 2, name, 'start')];
    }),
    '</svg>\n',
  ].join('\n');
}

function dataOf({ xLabel, yLabel, series }: Omit<LinePlot, 'title'>): PlotData {
  const rows = series.flatMap(({ name, points }) => points.map(([x, y]) => [name, x, y]));
  return { columns: ['series', xLabel, yLabel], rows };
}

function legendOf(series: readonly PlotSeries[]): string[] {
  const names = series.map(({ name }) => name);
  if (names.length <= LEGEND_LINES) return names;
  const shown = names.slice(0, LEGEND_LINES - 1);
  return [...shown, `and ${names.length - shown.length} more`];
}

interface Axis {
  ticks: number[];
  at(value: number): number;
  label(tick: number): string;
}

/**
 * Maps values to pixels between `from` and `to`; ticks are 1, 2 or 5 times a power of ten, and whole where all values
 * are.
 */
function axis(values: readonly number[], from: number, to: number): Axis {
  const lowest = values.length === 0 ? 0 : values.reduce((least, value) => Math.min(least, value));
  const highest = values.length === 0 ? 1 : values.reduce((most, value) => Math.max(most, value));
  const span = highest - lowest || Math.abs(highest) || 1;
  const step = niceStep(values.every(Number.isInteger) ? Math.max(1, span / 6) : span / 6);
  const first = Math.floor(lowest / step);
  const last = Math.max(Math.ceil(highest / step), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  const digits = Math.min(20, Math.max(0, -Math.floor(Math.log10(step))));
  return {
    ticks,
    at: (value) => from + ((value / step - first) / (last - first)) * (to - from),
    label: (tick) => (Math.abs(tick) >= 1e6 ? tick.toExponential(1) : tick.toFixed(digits)),
  };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
}

function curve(name: string, points: readonly Point[], stroke: string, style: 'line' | 'marks'): string[] {
  const corners = points.map(([x, y]) => `${round(x)},${round(y)}`);
  const path = corners.join(' ');
  const mark = ([x, y]: Point) => `<circle cx="${round(x)}" cy="${round(y)}" r="3.2" fill="${stroke}"/>`;
  const marks = points.map(mark).join('');
  return [
    `<g><title>${escape(name)}</title>`,
    style === 'line' ? `<polyline points="${path}" fill="none" stroke="${stroke}" stroke-width="1.8"/>` : '',
    `${marks}</g>`,
  ];
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#000000';
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#e2e6e5"/>`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end', more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="#1c2422" ${more}>${escape(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
