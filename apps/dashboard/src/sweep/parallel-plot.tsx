import { useEffect, useRef, type PointerEvent } from 'react';
import type { Trial } from '#contracts';
import { useWidth } from '../width.js';
import { isBrushed, type ParameterAxis } from './parameter-axis.js';
import type { Interval } from './choices.js';

const HEIGHT = 240;
const EDGE = { left: 64, right: 64, top: 44, bottom: 14 };
/** A drag of less is a click, which takes the brush away. */
const LEAST_BRUSH = 0.03;
/** Lines beyond these are not told apart, and cost time. */
const MOST_LINES = 5000;

interface ParallelPlotProps {
  trials: readonly Trial[];
  axes: readonly ParameterAxis[];
  brushes: Readonly<Record<string, Interval>>;
  /** Trials that are drawn above the others. */
  front: ReadonlySet<number>;
  onBrush: (name: string, interval: Interval | null) => void;
}

/** Parallel coordinates: a line for each trial through its value of each parameter; a drag along an axis keeps the lines that cross it there. */
export function ParallelPlot({ trials, axes, brushes, front, onBrush }: ParallelPlotProps) {
  const [box, width] = useWidth<HTMLDivElement>(720);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<{ name: string; from: number } | null>(null);
  const place = (index: number) =>
    axes.length < 2 ? width / 2 : EDGE.left + (index / (axes.length - 1)) * (width - EDGE.left - EDGE.right);
  useEffect(() => {
    const draw = () => canvas.current && drawLines(canvas.current, { width, trials, axes, brushes, front, place });
    draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => scheme.removeEventListener('change', draw);
  });
  const shareAt = (event: PointerEvent<HTMLCanvasElement>): number => {
    const top = event.clientY - event.currentTarget.getBoundingClientRect().top;
    return Math.min(1, Math.max(0, (HEIGHT - EDGE.bottom - top) / (HEIGHT - EDGE.top - EDGE.bottom)));
  };
  const onDown = (event: PointerEvent<HTMLCanvasElement>) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const nearest = axes
      .map((axis, index) => ({ axis, far: Math.abs(place(index) - left) }))
      .sort((a, b) => a.far - b.far)[0];
    if (!nearest) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { name: nearest.axis.name, from: shareAt(event) };
  };
  const onUp = (event: PointerEvent<HTMLCanvasElement>) => {
    if (!drag.current) return;
    const { name, from } = drag.current;
    drag.current = null;
    const to = shareAt(event);
    onBrush(name, Math.abs(to - from) < LEAST_BRUSH ? null : [Math.min(from, to), Math.max(from, to)]);
  };
  const kept = trials.filter((trial) => isBrushed(trial, axes, brushes)).length;
  return (
    <div ref={box} className="card plot">
      <canvas
        ref={canvas}
        style={{ width, height: HEIGHT, touchAction: 'pan-y' }}
        role="img"
        aria-label={`parallel coordinates of ${axes.map(({ name }) => name).join(', ')}: ${kept} of ${trials.length} trials are kept`}
        onPointerDown={onDown}
        onPointerUp={onUp}
      />
    </div>
  );
}

interface Drawing {
  width: number;
  trials: readonly Trial[];
  axes: readonly ParameterAxis[];
  brushes: Readonly<Record<string, Interval>>;
  front: ReadonlySet<number>;
  place: (index: number) => number;
}

const heightOf = (share: number): number => HEIGHT - EDGE.bottom - share * (HEIGHT - EDGE.top - EDGE.bottom);

function drawLines(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const density = devicePixelRatio || 1;
  canvas.width = drawing.width * density;
  canvas.height = HEIGHT * density;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(density, density);
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  context.font = `12px ${style.fontFamily}`;
  const { trials, axes, brushes, front } = drawing;
  const shown = trials.slice(-MOST_LINES);
  const kept = (trial: Trial) => isBrushed(trial, axes, brushes);
  drawTrials(
    context,
    drawing,
    shown.filter((trial) => !kept(trial)),
    colour('--line'),
    1,
  );
  drawTrials(
    context,
    drawing,
    shown.filter((trial) => kept(trial) && !front.has(trial.number)),
    colour('--soft'),
    1,
  );
  drawTrials(
    context,
    drawing,
    shown.filter((trial) => kept(trial) && front.has(trial.number)),
    colour('--accent'),
    2,
  );
  axes.forEach((axis, index) => drawAxis(context, drawing, axis, index, colour));
}

function drawTrials(
  context: CanvasRenderingContext2D,
  { axes, place }: Drawing,
  trials: readonly Trial[],
  colour: string,
  width: number,
): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  for (const trial of trials) {
    context.beginPath();
    axes.forEach((axis, index) => {
      const share = axis.at(trial);
      if (share !== undefined) context.lineTo(place(index), heightOf(share));
    });
    context.stroke();
  }
}

function drawAxis(
  context: CanvasRenderingContext2D,
  { axes, brushes, place }: Drawing,
  { name, ticks }: ParameterAxis,
  index: number,
  colour: (name: string) => string,
): void {
  const left = place(index);
  context.strokeStyle = colour('--soft');
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(left, EDGE.top);
  context.lineTo(left, HEIGHT - EDGE.bottom);
  context.stroke();
  const brush = brushes[name];
  if (brush) {
    context.fillStyle = colour('--accent');
    context.globalAlpha = 0.35;
    context.fillRect(left - 6, heightOf(brush[1]), 12, heightOf(brush[0]) - heightOf(brush[1]));
    context.globalAlpha = 1;
  }
  const isLast = index === axes.length - 1 && axes.length > 1;
  const side = index === 0 ? -1 : 1;
  context.textAlign = index === 0 ? 'right' : 'left';
  context.textBaseline = 'middle';
  for (const { share, text } of ticks) {
    // A halo: lines cross the text between two axes.
    context.strokeStyle = colour('--card');
    context.lineWidth = 4;
    context.strokeText(text, left + side * 7, heightOf(share));
    context.fillStyle = colour('--soft');
    context.fillText(text, left + side * 7, heightOf(share));
  }
  context.fillStyle = colour('--ink');
  context.textAlign = isLast ? 'right' : index === 0 ? 'left' : 'center';
  // Neighbours' names stand on two lines, so that they do not run into each other.
  context.fillText(name, isLast ? left + EDGE.right - 8 : index === 0 ? 8 : left, index % 2 === 0 ? 10 : 26);
}
