/**
 * Insertions, deletions and substitutions that lead from one sequence to another (Levenshtein, 1966), by rows of the
 * table.
 */
export function editDistance(from: readonly number[], to: readonly number[]): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  from.forEach((symbol, i) => {
    const next = [i + 1];
    to.forEach((other, j) => {
      const substituted = (row[j] ?? 0) + (symbol === other ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    });
    row = next;
  });
  return row.at(-1) ?? 0;
}
