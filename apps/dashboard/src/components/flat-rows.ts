export type FlatRow = Record<string, unknown>;

const isRow = (value: unknown): value is FlatRow =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTable = (value: unknown): value is FlatRow[] => Array.isArray(value) && value.length > 0 && value.every(isRow);

/** Columns that one list of a row may become; a longer one stays a text in one cell. */
const MOST_COLUMNS = 16;

/**
 * Rows without anything nested, so that a table can be sorted and saved: what is within an object is a column of its own,
 * and of a list of objects each is told by its first field, as `widths: [{ bits: 4, snr: 20 }]` becomes `snr at bits 4`.
 */
export function flatRows(rows: readonly FlatRow[]): FlatRow[] {
  return rows.map((row) => Object.fromEntries(Object.entries(row).flatMap(([name, value]) => flat(name, value))));
}

function flat(name: string, value: unknown): [string, unknown][] {
  if (isRow(value)) return Object.entries(value).flatMap(([part, inner]) => flat(`${name} ${part}`, inner));
  if (isTable(value)) return columnsOf(value) ?? [[name, listText(value)]];
  return [[name, value]];
}

/** Null where the first field tells the objects not apart, or where they would be too many columns. */
function columnsOf(list: readonly FlatRow[]): [string, unknown][] | null {
  const [key] = Object.keys(list[0] ?? {});
  if (key === undefined) return null;
  const places = list.map((item) => item[key]);
  const isTelling = new Set(places).size === list.length && places.every((place) => typeof place !== 'object');
  const columns = list.flatMap((item) =>
    Object.entries(item)
      .filter(([part]) => part !== key)
      .flatMap(([part, inner]) => flat(`${part} at ${key} ${String(item[key])}`, inner)),
  );
  return isTelling && columns.length > 0 && columns.length <= MOST_COLUMNS ? columns : null;
}

/** "bits 4, snr 20; bits 2, snr 8" */
function listText(list: readonly FlatRow[]): string {
  const partText = ([part, inner]: [string, unknown]) =>
    `${part} ${typeof inner === 'object' ? JSON.stringify(inner) : String(inner)}`;
  return list.map((item) => Object.entries(item).map(partText).join(', ')).join('; ');
}
