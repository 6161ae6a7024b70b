/**
 * How many classes are ranked before `label`: those that score higher, and equal ones of a lower number, so that rank 0
 * is what argmax returns. A score that is not a number ranks above all others, as in NumPy; as the label's own it has
 * no rank at all (Infinity).
 */
export function rankOf(scores: ArrayLike<number | bigint>, offset: number, width: number, label: number): number {
  const own = Number(scores[offset + label]);
  if (Number.isNaN(own)) return Infinity;
  let rank = 0;
  for (let c = 0; c < width; c++) {
    const other = Number(scores[offset + c]);
    if (c < label ? !(other < own) : c > label && !(other <= own)) rank++;
  }
  return rank;
}
