import { assignmentText, figureText, metricTitle, type FigureSpan } from '#contracts';
import { memo, useMemo, useRef, type PointerEvent } from 'react';
import { ChartData } from '../components/chart-data.js';
import type { TableData } from '../csv.js';
import { scaleOf, type Scale } from '../scale.js';
import { useWidth } from '../width.js';
import { drawFrontPlot, FRONT_EDGE, FRONT_HEIGHT } from './front-drawing.js';
import type { PlottedModel } from './points.js';
import { useSteppedDrawing, type Sheet } from './stepped-drawing.js';

/** So near a pointer finds a point, px. */
const REACH = 14;
const TICK_WIDTH = 90;

interface FrontPlotProps {
  points: readonly PlottedModel[];
  x: string;
  y: string;
  selected: readonly number[];
  onSelect: (number: number) => void;
}

/**
 * Models by two figures on a canvas, the front joined by a line; a click chooses one. The table below has the same for
 * who does not see it.
 */
export const FrontPlot = memo(function FrontPlot({ points, x, y, selected, onSelect }: FrontPlotProps) {
  const [box, width] = useWidth<HTMLDivElement>(720);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { shown, scaleX, scaleY } = useMemo(() => scalesOf(points, width), [points, width]);
  const picture = useMemo(() => {
    const drawing = { width, x, y, scaleX, scaleY, points: shown, selected };
    return { width, height: FRONT_HEIGHT, draw: (sheet: Sheet) => drawFrontPlot(sheet, drawing) };
  }, [width, x, y, scaleX, scaleY, shown, selected]);
  useSteppedDrawing(canvas, picture);
  const nearest = (event: PointerEvent<HTMLCanvasElement>): PlottedModel | undefined => {
    const frame = event.currentTarget.getBoundingClientRect();
    const [left, top] = [event.clientX - frame.left, event.clientY - frame.top];
    return nearestPoint(shown, scaleX, scaleY, left, top);
  };
  const onMove = (event: PointerEvent<HTMLCanvasElement>) => {
    const point = nearest(event);
    event.currentTarget.style.cursor = point ? 'pointer' : 'default';
    event.currentTarget.title = point ? titleOf(point, x, y) : '';
  };
  const front = useMemo(() => shown.filter(({ isOnFront }) => isOnFront).length, [shown]);
  const data = () => frontTable(shown, x, y);
  return (
    <>
      <div ref={box} className="card plot">
        <canvas
          ref={canvas}
          style={{ width, height: FRONT_HEIGHT }}
          role="img"
          aria-label={`${metricTitle(y)} over ${metricTitle(x)}: ${shown.length} models, ${front} on the front; the table of trials has them all`}
          onPointerMove={onMove}
          onClick={(event) => {
            const point = nearest(event as unknown as PointerEvent<HTMLCanvasElement>);
            if (point) onSelect(point.trial.number);
          }}
        />
      </div>
      <ChartData title={`${metricTitle(y)} over ${metricTitle(x)}`} fileName={`front-${y}-${x}.csv`} data={data} />
    </>
  );
});

/** The models that have a place, and the scales that have room for them: for those of the front with what their figures may be. */
function scalesOf(points: readonly PlottedModel[], width: number) {
  const shown = points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  const [reachX, reachY]: [number[], number[]] = [
    [Infinity, -Infinity],
    [Infinity, -Infinity],
  ];
  for (const { x, y, spanX, spanY, isOnFront } of shown) {
    widen(reachX, x, isOnFront ? spanX : null);
    widen(reachY, y, isOnFront ? spanY : null);
  }
  const ticks = Math.max(2, Math.floor(width / TICK_WIDTH) - 1);
  return {
    shown,
    scaleX: scaleOf(reachX, FRONT_EDGE.left, width - FRONT_EDGE.right, { count: ticks }),
    scaleY: scaleOf(reachY, FRONT_HEIGHT - FRONT_EDGE.bottom, FRONT_EDGE.top),
  };
}

function widen(reach: number[], value: number, span: FigureSpan | null): void {
  reach[0] = Math.min(reach[0] ?? Infinity, value, ...(span ?? []));
  reach[1] = Math.max(reach[1] ?? -Infinity, value, ...(span ?? []));
}

function frontTable(points: readonly PlottedModel[], x: string, y: string): TableData {
  const ends = (metric: string) => [metric, `${metric} low`, `${metric} high`];
  return {
    columns: ['trials', 'on the front', 'feasible', ...ends(x), ...ends(y)],
    rows: points.map(({ numbers, isOnFront, isFeasible, ...point }) => [
      numbers.join(' '),
      isOnFront ? 'yes' : 'no',
      isFeasible ? 'yes' : 'no',
      ...[point.x, point.spanX?.[0], point.spanX?.[1]],
      ...[point.y, point.spanY?.[0], point.spanY?.[1]],
    ]),
  };
}

function titleOf({ trial, numbers }: PlottedModel, x: string, y: string): string {
  const which = numbers.length > 1 ? `trials ${numbers.join(', ')}: the same model` : `trial ${trial.number}`;
  const figures = `${metricTitle(x)} ${figureText(trial, x)}, ${metricTitle(y)} ${figureText(trial, y)}`;
  return `${which}\n${assignmentText(trial.assignment)}\n${figures}`;
}

function nearestPoint(points: readonly PlottedModel[], scaleX: Scale, scaleY: Scale, left: number, top: number) {
  let [found, least]: [PlottedModel | undefined, number] = [undefined, REACH ** 2];
  for (const point of points) {
    const distance = (scaleX.at(point.x) - left) ** 2 + (scaleY.at(point.y) - top) ** 2;
    // Of points at one place that of the front is meant.
    if (distance < least || (distance === least && point.isOnFront)) [found, least] = [point, distance];
  }
  return found;
}
