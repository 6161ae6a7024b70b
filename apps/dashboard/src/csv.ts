export type Cell = string | number | boolean | null | undefined;

/** A table as people and spreadsheets see it: the first line names the columns. */
export interface TableData {
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/** RFC 4180; a text that a spreadsheet would take for a formula is kept a text by an apostrophe. */
export function csvOf({ columns, rows }: TableData): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  const text = String(cell);
  const safe = typeof cell === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
