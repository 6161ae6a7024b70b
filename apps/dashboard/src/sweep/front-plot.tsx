import { assignmentText, asMetric, figureText, formatMetric, metricTitle, METRICS } from '#contracts';
import { useEffect, useRef, type PointerEvent } from 'react';
import { scaleOf, type Scale } from '../scale.js';
import { useWidth } from '../width.js';
import type { PlottedModel } from './points.js';

const HEIGHT = 360;
const EDGE = { left: 78, right: 20, top: 16, bottom: 46 };
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

/** Models by two figures on a canvas, the front joined by a line; a click chooses one. The table below has the same for who does not see it. */
export function FrontPlot({ points, x, y, selected, onSelect }: FrontPlotProps) {
  const [box, width] = useWidth<HTMLDivElement>(720);
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  const ticks = Math.max(2, Math.floor(width / TICK_WIDTH) - 1);
  const scaleX = scaleOf(
    shown.map((point) => point.x),
    EDGE.left,
    width - EDGE.right,
    { count: ticks },
  );
  const scaleY = scaleOf(
    shown.map((point) => point.y),
    HEIGHT - EDGE.bottom,
    EDGE.top,
  );
  useEffect(() => {
    const draw = () =>
      canvas.current && drawPlot(canvas.current, { width, x, y, scaleX, scaleY, points: shown, selected });
    draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => scheme.removeEventListener('change', draw);
  });
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
  const front = shown.filter(({ isOnFront }) => isOnFront).length;
  return (
    <div ref={box} className="card plot">
      <canvas
        ref={canvas}
        style={{ width, height: HEIGHT }}
        role="img"
        aria-label={`${metricTitle(y)} over ${metricTitle(x)}: ${shown.length} models, ${front} on the front; the table of trials has them all`}
        onPointerMove={onMove}
        onClick={(event) => {
          const point = nearest(event as unknown as PointerEvent<HTMLCanvasElement>);
          if (point) onSelect(point.trial.number);
        }}
      />
    </div>
  );
}

function titleOf({ trial, numbers }: PlottedModel, x: string, y: string): string {
  const which = numbers.length > 1 ? `trials ${numbers.join(', ')}: the same model` : `trial ${trial.number}`;
  return `${which}\n${assignmentText(trial.assignment)}\n${metricTitle(x)} ${figureText(trial, x)}, ${metricTitle(y)} ${figureText(trial, y)}`;
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

interface Drawing {
  width: number;
  x: string;
  y: string;
  scaleX: Scale;
  scaleY: Scale;
  points: readonly PlottedModel[];
  selected: readonly number[];
}

function drawPlot(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const density = devicePixelRatio || 1;
  canvas.width = drawing.width * density;
  canvas.height = HEIGHT * density;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(density, density);
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  context.font = `12px ${style.fontFamily}`;
  drawAxes(context, drawing, colour);
  drawFront(context, drawing, colour);
  for (const point of drawing.points) drawPoint(context, drawing, point, colour);
}

type Colour = (name: string) => string;

function drawAxes(context: CanvasRenderingContext2D, { width, x, y, scaleX, scaleY }: Drawing, colour: Colour): void {
  context.strokeStyle = colour('--line');
  context.fillStyle = colour('--soft');
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const value of scaleY.ticks) {
    line(context, EDGE.left, scaleY.at(value), width - EDGE.right, scaleY.at(value));
    context.fillText(tickText(y, value), EDGE.left - 8, scaleY.at(value));
  }
  context.textAlign = 'center';
  for (const value of scaleX.ticks) {
    line(context, scaleX.at(value), EDGE.top, scaleX.at(value), HEIGHT - EDGE.bottom);
    context.fillText(tickText(x, value), scaleX.at(value), HEIGHT - EDGE.bottom + 14);
  }
  context.fillStyle = colour('--ink');
  context.fillText(axisTitle(x), (EDGE.left + width - EDGE.right) / 2, HEIGHT - 10);
  context.textAlign = 'left';
  context.fillText(axisTitle(y), 8, 9);
}

const tickText = (metric: string, value: number): string => {
  const name = asMetric(metric);
  return name ? formatMetric(name, value) : String(value);
};

function axisTitle(metric: string): string {
  const name = asMetric(metric);
  return name ? `${METRICS[name].label} (${METRICS[name].better} is better)` : metric;
}

/** A staircase from one model of the front to the next: what lies behind it is dominated. */
function drawFront(context: CanvasRenderingContext2D, { points, scaleX, scaleY }: Drawing, colour: Colour): void {
  const front = points.filter(({ isOnFront }) => isOnFront).sort((a, b) => a.x - b.x);
  if (front.length < 2) return;
  context.strokeStyle = colour('--accent');
  context.lineWidth = 1.6;
  context.beginPath();
  for (const { x, y } of front) context.lineTo(scaleX.at(x), scaleY.at(y));
  context.stroke();
  context.lineWidth = 1;
}

function drawPoint(context: CanvasRenderingContext2D, drawing: Drawing, point: PlottedModel, colour: Colour): void {
  const { scaleX, scaleY, selected } = drawing;
  const isSelected = point.numbers.some((number) => selected.includes(number));
  context.globalAlpha = point.isFeasible ? 1 : 0.45;
  context.beginPath();
  context.arc(scaleX.at(point.x), scaleY.at(point.y), isSelected ? 7 : point.isOnFront ? 5 : 3.5, 0, 2 * Math.PI);
  context.fillStyle = point.isOnFront ? colour('--accent') : colour('--card');
  context.fill();
  context.lineWidth = isSelected ? 3 : 1.5;
  context.strokeStyle = isSelected ? colour('--ink') : point.isOnFront ? colour('--accent') : colour('--soft');
  context.stroke();
  context.globalAlpha = 1;
  context.lineWidth = 1;
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
