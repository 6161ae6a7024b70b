import type { ListedTrial } from '#contracts';
import type { BrushedRange } from './choices.js';
import { brushFilter, type ParameterAxis } from './parameter-axis.js';
import type { Sheet } from './stepped-drawing.js';

export const PARALLEL_HEIGHT = 240;
export const PARALLEL_EDGE = { left: 64, right: 64, top: 44, bottom: 14 };
/** Lines beyond these are not told apart, and cost time. */
const MOST_LINES = 5000;
/** Lines that are drawn at a time. */
const STEP = 100;

export interface ParallelDrawing {
  trials: readonly ListedTrial[];
  axes: readonly ParameterAxis[];
  brushes: Readonly<Record<string, BrushedRange>>;
  /** Trials that are drawn above the others. */
  front: ReadonlySet<number>;
  /** Where each axis stands, px. */
  places: readonly number[];
}

/** A line for each of the newest trials: those that brushes leave out below, those of the front above, then the axes. */
export function* drawParallelPlot(sheet: Sheet, drawing: ParallelDrawing): Generator<void> {
  const { trials, axes, brushes, front } = drawing;
  const isKept = brushFilter(axes, brushes);
  const layers: ListedTrial[][] = [[], [], []];
  for (const trial of trials.slice(-MOST_LINES)) {
    const layer = isKept(trial) ? (front.has(trial.number) ? 2 : 1) : 0;
    layers[layer]?.push(trial);
  }
  const [left = [], kept = [], best = []] = layers;
  yield* drawTrials(sheet, drawing, left, '--line', 1);
  yield* drawTrials(sheet, drawing, kept, '--soft', 1);
  yield* drawTrials(sheet, drawing, best, '--accent', 2);
  axes.forEach((axis, index) => drawAxis(sheet, drawing, axis, index));
}

const heightOf = (share: number): number =>
  PARALLEL_HEIGHT - PARALLEL_EDGE.bottom - share * (PARALLEL_HEIGHT - PARALLEL_EDGE.top - PARALLEL_EDGE.bottom);

function* drawTrials(
  { context, colour }: Sheet,
  { axes, places }: ParallelDrawing,
  trials: readonly ListedTrial[],
  name: string,
  width: number,
): Generator<void> {
  context.strokeStyle = colour(name);
  context.lineWidth = width;
  for (const [drawn, trial] of trials.entries()) {
    context.beginPath();
    for (const [index, axis] of axes.entries()) {
      const share = axis.at(trial);
      if (share !== undefined) context.lineTo(places[index] ?? 0, heightOf(share));
    }
    context.stroke();
    if (drawn % STEP === STEP - 1) yield;
  }
}

function drawAxis(
  { context, colour }: Sheet,
  { axes, brushes, places }: ParallelDrawing,
  { name, ticks }: ParameterAxis,
  index: number,
): void {
  const left = places[index] ?? 0;
  context.strokeStyle = colour('--soft');
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(left, PARALLEL_EDGE.top);
  context.lineTo(left, PARALLEL_HEIGHT - PARALLEL_EDGE.bottom);
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
  const at = isLast ? left + PARALLEL_EDGE.right - 8 : index === 0 ? 8 : left;
  context.fillText(name, at, index % 2 === 0 ? 10 : 26);
}
