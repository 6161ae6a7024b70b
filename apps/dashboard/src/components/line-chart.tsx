import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useWidth } from '../width.js';

/** Room for the text of ticks beside a chart, and from one tick to the next, px. */
const TICKS = { beside: 60, below: 26, apartAcross: 80, apartUp: 30 };
const WHOLE_STEPS = [1, 10, 100, 1000, 10_000, 100_000].flatMap((power) => [power, 2 * power, 5 * power]);

export interface ChartAxis {
  /** What it measures, with its unit. */
  title: string;
  format: (value: number) => string;
  /** Between what it lies; by default between the values. */
  range?: readonly [low: number, high: number];
  /** Whether only whole numbers make sense. */
  isWhole?: boolean;
}

export interface ChartLine {
  label: string;
  values: readonly number[];
  /** A colour of the page's style by its name. */
  colour: string;
  dash?: readonly number[];
}

interface LineChartProps {
  /** What the chart shows, for who does not see it; a table of it is for the page to add. */
  label: string;
  height: number;
  /** Of what every line has a value at each place. */
  x: ChartAxis;
  y: ChartAxis;
  /** In ascending order. */
  places: readonly number[];
  lines: readonly ChartLine[];
  /** Lines stay as they are until the next place, in place of going there. */
  isStepped?: boolean;
  /** Whether places stand upright and values lie across. */
  isUpright?: boolean;
}

/** Lines on a canvas, and what they are under the pointer. */
export function LineChart(props: LineChartProps) {
  const { label, height, x, y, places, lines, isStepped = false, isUpright = false } = props;
  const [frame, width] = useWidth<HTMLDivElement>(320);
  const box = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLSpanElement>(null);
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(props);
  useLayoutEffect(() => {
    newest.current = props;
  });
  const data = useMemo(() => [places, ...lines.map(({ values }) => values)] as uPlot.AlignedData, [places, lines]);
  const shape = [isStepped, isUpright, ...lines.map((line) => `${line.colour} ${line.dash?.join(',')}`)].join('\n');
  // Made anew where lines are others or another number; values and size are given to the chart that is there.
  useLayoutEffect(() => {
    if (!box.current) return undefined;
    const tell = (words: string) => {
      if (readout.current) readout.current.textContent = words;
    };
    plot.current = new uPlot(
      optionsOf(() => newest.current, box.current, tell),
      [[]],
      box.current,
    );
    return () => plot.current?.destroy();
  }, [shape]);
  useLayoutEffect(() => plot.current?.setSize({ width, height }), [shape, width, height]);
  useLayoutEffect(() => plot.current?.setData(data), [shape, data]);
  useEffect(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const draw = () => plot.current?.redraw();
    scheme.addEventListener('change', draw);
    return () => scheme.removeEventListener('change', draw);
  }, []);
  const [across, up] = isUpright ? [y, x] : [x, y];
  return (
    <div ref={frame} className="line-chart">
      <div className="axis-title">
        <span>{up.title}</span>
        <span ref={readout} className="readout" aria-hidden="true" />
      </div>
      <div ref={box} role="img" aria-label={label} style={{ height }} />
      <div className="axis-title across">{across.title}</div>
    </div>
  );
}

/** `newest` has the words of axes as they are now. */
function optionsOf(newest: () => LineChartProps, box: HTMLElement, tell: (words: string) => void): uPlot.Options {
  const { lines, height, isStepped, isUpright } = newest();
  const style = getComputedStyle(box);
  const colour = (name: string) => () => style.getPropertyValue(name).trim();
  const paths = isStepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  const scale = (axis: 'x' | 'y'): uPlot.Scale => ({
    time: false,
    ori: (axis === 'x') === (isUpright ?? false) ? 1 : 0,
    range: (_, low, high) => rangeOf(newest()[axis], axis, low, high),
  });
  const axis = (name: 'x' | 'y'): uPlot.Axis => {
    const stands = (name === 'x') === (isUpright ?? false);
    return {
      scale: name,
      side: stands ? 3 : 2,
      size: stands ? TICKS.beside : TICKS.below,
      space: stands ? TICKS.apartUp : TICKS.apartAcross,
      font: `12px ${style.fontFamily}`,
      stroke: colour('--soft'),
      grid: { show: stands, stroke: colour('--line'), width: 1 },
      ticks: { show: false },
      values: (_, splits) => splits.map((value) => newest()[name].format(value)),
      ...(newest()[name].isWhole ? { incrs: WHOLE_STEPS } : {}),
    };
  };
  return {
    width: box.clientWidth || 320,
    height,
    scales: { x: scale('x'), y: scale('y') },
    axes: [axis('x'), axis('y')],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 }, x: true, y: false },
    series: [
      {},
      ...lines.map(({ colour: name, dash }) => ({
        stroke: colour(name),
        width: 2,
        points: { show: false },
        ...(dash ? { dash: [...dash] } : {}),
        ...(paths ? { paths } : {}),
      })),
    ],
    hooks: { setCursor: [(plot) => tell(wordsAt(newest(), plot.cursor.idx))] },
  };
}

function rangeOf({ range }: ChartAxis, axis: 'x' | 'y', low: number, high: number): [number, number] {
  if (range) return [...range];
  const room = axis === 'x' ? 0 : (high - low || Math.abs(high) || 1) * 0.05;
  return [low - room, high === low && axis === 'x' ? high + 1 : high + room];
}

/** What the lines are at a place. */
function wordsAt({ x, y, places, lines }: LineChartProps, at: number | null | undefined): string {
  const place = places[at ?? -1];
  if (at === null || at === undefined || place === undefined) return '';
  const values = lines.map(({ label, values: all }) => `${label} ${y.format(all[at] ?? NaN)}`.trim());
  return `${x.format(place)} ${x.title}: ${values.join(', ')}`;
}
