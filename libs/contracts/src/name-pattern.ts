/**
 * Whether a name fits a pattern, in which * stands for any characters. Each part is looked for once, behind the one
 * before it, so that no pattern takes long.
 */
export function fitsPattern(pattern: string, name: string): boolean {
  const [head = '', ...parts] = pattern.split('*');
  const tail = parts.pop();
  if (tail === undefined) return name === head;
  if (!name.startsWith(head)) return false;
  let end = head.length;
  for (const part of parts) {
    const found = name.indexOf(part, end);
    if (found < 0) return false;
    end = found + part.length;
  }
  return name.length - tail.length >= end && name.endsWith(tail);
}

/** What a record says of a name: its own entry, else that of the first pattern that fits. */
export function entryFor<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  if (Object.hasOwn(record, name)) return record[name];
  const fitting = Object.entries(record).find(([pattern]) => fitsPattern(pattern, name));
  return fitting?.[1];
}

/** The least of what a record says of any of the names; undefined where no name or pattern fits one. */
export function leastFitting(record: Readonly<Record<string, number>>, names: readonly string[]): number | undefined {
  const fits = ([pattern]: [string, number]) => names.some((name) => fitsPattern(pattern, name));
  const fitting = Object.entries(record).filter(fits);
  return fitting.length === 0 ? undefined : Math.min(...fitting.map(([, value]) => value));
}
