import { asMetric, formatMetric, METRICS } from '#contracts';
import type { Scale } from '../scale.js';
import type { PlottedModel } from './points.js';
import type { Sheet } from './stepped-drawing.js';

export const FRONT_HEIGHT = 360;
export const FRONT_EDGE = { left: 78, right: 20, top: 16, bottom: 46 };
/** Points that are drawn at a time. */
const STEP = 500;
/** Room around a point's circle for its line, px. */
const MARGIN = 2;

export interface FrontDrawing {
  width: number;
  x: string;
  y: string;
  scaleX: Scale;
  scaleY: Scale;
  points: readonly PlottedModel[];
  selected: readonly number[];
}

/** Axes, the front with its noise, and a circle for each model: those of the front above the others, chosen ones above all. */
export function* drawFrontPlot(sheet: Sheet, drawing: FrontDrawing): Generator<void> {
  const front = drawing.points.filter(({ isOnFront }) => isOnFront).sort((a, b) => a.x - b.x);
  drawAxes(sheet, drawing);
  drawNoise(sheet, drawing, front);
  drawFront(sheet, drawing, front);
  yield;
  const chosen = new Set(drawing.selected);
  const isChosen = ({ numbers }: PlottedModel) => chosen.size > 0 && numbers.some((number) => chosen.has(number));
  const above: PlottedModel[] = [];
  const stamp = stampOf(sheet, drawing);
  let drawn = 0;
  for (const point of drawing.points) {
    if (point.isOnFront || isChosen(point)) {
      above.push(point);
      continue;
    }
    stamp(point, false);
    if (++drawn % STEP === 0) yield;
  }
  for (const point of above) if (!isChosen(point)) stamp(point, false);
  for (const point of above) if (isChosen(point)) stamp(point, true);
}

function drawAxes({ context, colour }: Sheet, { width, x, y, scaleX, scaleY }: FrontDrawing): void {
  const right = width - FRONT_EDGE.right;
  const bottom = FRONT_HEIGHT - FRONT_EDGE.bottom;
  context.strokeStyle = colour('--line');
  context.fillStyle = colour('--soft');
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const value of scaleY.ticks) {
    line(context, FRONT_EDGE.left, scaleY.at(value), right, scaleY.at(value));
    context.fillText(tickText(y, value), FRONT_EDGE.left - 8, scaleY.at(value));
  }
  context.textAlign = 'center';
  for (const value of scaleX.ticks) {
    line(context, scaleX.at(value), FRONT_EDGE.top, scaleX.at(value), bottom);
    context.fillText(tickText(x, value), scaleX.at(value), bottom + 14);
  }
  context.fillStyle = colour('--ink');
  context.fillText(axisTitle(x), (FRONT_EDGE.left + right) / 2, FRONT_HEIGHT - 10);
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

/** A line from one model of the front to the next: what lies behind it is dominated. */
function drawFront({ context, colour }: Sheet, { scaleX, scaleY }: FrontDrawing, front: readonly PlottedModel[]): void {
  if (front.length < 2) return;
  context.strokeStyle = colour('--accent');
  context.lineWidth = 1.6;
  context.beginPath();
  for (const { x, y } of front) context.lineTo(scaleX.at(x), scaleY.at(y));
  context.stroke();
  context.lineWidth = 1;
}

/** What samples and runs leave open: a band along the front, and a bar through each of its models. */
function drawNoise({ context, colour }: Sheet, { scaleX, scaleY }: FrontDrawing, front: readonly PlottedModel[]): void {
  const edge = (end: 0 | 1) => front.map(({ x, y, spanY }) => [scaleX.at(x), scaleY.at(spanY?.[end] ?? y)] as const);
  context.fillStyle = colour('--accent');
  context.globalAlpha = 0.12;
  context.beginPath();
  for (const [left, top] of [...edge(0), ...edge(1).toReversed()]) context.lineTo(left, top);
  context.fill();
  context.globalAlpha = 0.7;
  context.strokeStyle = colour('--accent');
  for (const { x, y, spanX, spanY } of front) {
    if (spanY) line(context, scaleX.at(x), scaleY.at(spanY[0]), scaleX.at(x), scaleY.at(spanY[1]));
    if (spanX) line(context, scaleX.at(spanX[0]), scaleY.at(y), scaleX.at(spanX[1]), scaleY.at(y));
  }
  context.globalAlpha = 1;
}

/** Puts a point's circle on the sheet: each look is drawn once and copied, which takes a tenth of drawing it. */
function stampOf({ context, colour, density }: Sheet, { scaleX, scaleY }: FrontDrawing) {
  const looks = new Map<string, { image: HTMLCanvasElement; half: number }>();
  const lookOf = ({ isOnFront, isFeasible }: PlottedModel, isChosen: boolean) => {
    const name = `${isOnFront} ${isFeasible} ${isChosen}`;
    const radius = isChosen ? 7 : isOnFront ? 5 : 3.5;
    const half = Math.ceil((radius + MARGIN) * density) / density;
    const look = looks.get(name) ?? {
      half,
      image: circle({
        density,
        radius,
        half,
        alpha: isFeasible ? 1 : 0.45,
        fill: colour(isOnFront ? '--accent' : '--card'),
        stroke: colour(isChosen ? '--ink' : isOnFront ? '--accent' : '--soft'),
        lineWidth: isChosen ? 3 : 1.5,
      }),
    };
    looks.set(name, look);
    return look;
  };
  // On whole pixels of the screen, so that it stays as sharp as it was drawn.
  const snapped = (place: number) => Math.round(place * density) / density;
  return (point: PlottedModel, isChosen: boolean): void => {
    const { image, half } = lookOf(point, isChosen);
    const left = snapped(scaleX.at(point.x) - half);
    const top = snapped(scaleY.at(point.y) - half);
    context.drawImage(image, left, top, 2 * half, 2 * half);
  };
}

interface Circle {
  density: number;
  radius: number;
  half: number;
  alpha: number;
  fill: string;
  stroke: string;
  lineWidth: number;
}

function circle({ density, radius, half, alpha, fill, stroke, lineWidth }: Circle): HTMLCanvasElement {
  const image = document.createElement('canvas');
  image.width = image.height = 2 * half * density;
  const context = image.getContext('2d');
  if (!context) return image;
  context.scale(density, density);
  context.globalAlpha = alpha;
  context.beginPath();
  context.arc(half, half, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = lineWidth;
  context.strokeStyle = stroke;
  context.stroke();
  return image;
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
