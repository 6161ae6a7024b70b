export const COUNTED: readonly string[];
export function countCoverage(): Promise<string>;
export function coverageLine(
  code: number | null,
  total?: { lines: { pct: number }; branches: { pct: number } } | undefined,
): string;
