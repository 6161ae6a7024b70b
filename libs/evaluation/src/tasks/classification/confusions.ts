import { NO_ANSWER, type ClassEvidence } from './class-evidence.js';

/** Classes up to which the whole matrix is given. */
const MAX_MATRIX = 32;
/** Pairs that are listed of more classes. */
const LISTED = 20;

/**
 * How often each class was taken for which: a matrix, rows by label and columns by answer, or the pairs that were
 * confused most. Samples without an answer, of which a score is not a number, are counted apart.
 */
export type Confusions = { unanswered?: number } & (
  | { matrix: number[][] }
  | { pairs: { label: number; predicted: number; count: number }[] }
);

export function confusions({ labels, predicted, width }: ClassEvidence): Confusions {
  const answered = Array.from(predicted.keys()).filter((i) => predicted[i] !== NO_ANSWER);
  const unanswered = predicted.length - answered.length;
  return { ...(unanswered > 0 ? { unanswered } : {}), ...counted(labels, predicted, { width, answered }) };
}

function counted(
  labels: Int32Array,
  predicted: Int32Array,
  { width, answered }: { width: number; answered: readonly number[] },
): Confusions {
  if (width <= MAX_MATRIX) {
    const matrix = Array.from({ length: width }, () => new Array<number>(width).fill(0));
    for (const i of answered) {
      const row = matrix[labels[i] ?? 0] ?? [];
      const column = predicted[i] ?? 0;
      row[column] = (row[column] ?? 0) + 1;
    }
    return { matrix };
  }
  const counts = new Map<number, number>();
  for (const i of answered) {
    const [label, answer] = [labels[i] ?? 0, predicted[i] ?? 0];
    if (label !== answer) counts.set(label * width + answer, (counts.get(label * width + answer) ?? 0) + 1);
  }
  const ranked = [...counts].toSorted(([a, m], [b, n]) => n - m || a - b);
  const pairs = ranked.slice(0, LISTED).map(([pair, count]) => {
    const [label, predicted] = [Math.floor(pair / width), pair % width];
    return { label, predicted, count };
  });
  return { pairs };
}
