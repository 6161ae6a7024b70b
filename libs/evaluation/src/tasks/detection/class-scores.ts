import type { DetectionOptions } from '#contracts';
import { isCandidate, type Box, type Detection } from './box.js';

/** Scores of one box: `width` of them from `offset` on. */
export interface BoxScores {
  values: ArrayLike<number>;
  offset: number;
  width: number;
  /** Factor of all of them, as objectness is; 1 by default. */
  factor?: number;
}

/** A detection for each class that a box scores high enough for, the background apart. */
export function detectionsOf(box: Box, scores: BoxScores, options: DetectionOptions): Detection[] {
  const { softmax, sigmoid, background, scoreThreshold } = options;
  const { values, offset, width, factor = 1 } = scores;
  const total = softmax ? exponentials(values, offset, width) : null;
  const detections: Detection[] = [];
  const first = background === true ? 1 : 0;
  const end = background === 'last' ? width - 1 : width;
  for (let c = first; c < end; c++) {
    const raw = values[offset + c] ?? NaN;
    const score =
      factor * (total ? Math.exp(raw - total.highest) / total.sum : sigmoid ? 1 / (1 + Math.exp(-raw)) : raw);
    if (isCandidate(score, scoreThreshold)) detections.push({ box, score, class: c - first });
  }
  return detections;
}

function exponentials(values: ArrayLike<number>, offset: number, width: number): { highest: number; sum: number } {
  let highest = -Infinity;
  for (let c = 0; c < width; c++) highest = Math.max(highest, values[offset + c] ?? NaN);
  let sum = 0;
  for (let c = 0; c < width; c++) sum += Math.exp((values[offset + c] ?? NaN) - highest);
  return { highest, sum };
}
