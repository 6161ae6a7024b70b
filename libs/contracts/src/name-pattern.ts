/** Whether a name fits a pattern, in which * stands for any characters. */
export function fitsPattern(pattern: string, name: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's').test(name);
}

/** What a record says of a name: its own entry, else that of the first pattern that fits. */
export function entryFor<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name)
    ? record[name]
    : Object.entries(record).find(([pattern]) => fitsPattern(pattern, name))?.[1];
}
