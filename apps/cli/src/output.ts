/** What a command prints: one JSON document with --json, else text. */
export function print(json: boolean | undefined, value: unknown, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`);
}

/** Columns padded to their widest cell; columns whose cells all are numbers go right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widest = (column: number) => Math.max(...rows.map((row) => (row[column] ?? '').length));
  const widths = head.map((title, column) => Math.max(title.length, widest(column)));
  const isFigure = (cell = '') => /^[-+−÷×\d.,% –]*( ?([kMGT]?B|ms|s))?$/.test(cell);
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => isFigure(row[column])));
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) =>
        isNumber[column] ? (row[column] ?? '').padStart(width) : (row[column] ?? '').padEnd(width),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(head), rule, ...rows.map(line)].join('\n');
}
