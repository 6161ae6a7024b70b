/** A row of a table: cells by column. */
export type Row = Readonly<Record<string, unknown>>;
