import type { ClassEvidence } from './class-evidence.js';

/** Classes up to which the whole matrix is given. */
const MAX_MATRIX = 32;
/** Pairs that are listed of more classes. */
const LISTED = 20;

/** How often each class was taken for which: a matrix, rows by label and columns by answer, or the pairs that were confused most. */
export type Confusions = { matrix: number[][] } | { pairs: { label: number; predicted: number; count: number }[] };

export function confusions({ labels, predicted, width }: ClassEvidence): Confusions {
  if (width <= MAX_MATRIX) {
    const matrix = Array.from({ length: width }, () => new Array<number>(width).fill(0));
    labels.forEach((label, i) => {
      const row = matrix[label] ?? [];
      const column = predicted[i] ?? 0;
      row[column] = (row[column] ?? 0) + 1;
    });
    return { matrix };
  }
  const counts = new Map<number, number>();
  labels.forEach((label, i) => {
    const answer = predicted[i] ?? 0;
    if (label !== answer) counts.set(label * width + answer, (counts.get(label * width + answer) ?? 0) + 1);
  });
  const pairs = [...counts].toSorted(([a, m], [b, n]) => n - m || a - b).slice(0, LISTED);
  return {
    pairs: pairs.map(([pair, count]) => ({ label: Math.floor(pair / width), predicted: pair % width, count })),
  };
}
