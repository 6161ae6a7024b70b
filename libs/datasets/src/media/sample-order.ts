/** Name of the folder, within `under`, that a sample lies in; empty for one that lies in none. */
export function classOf(path: string, under?: string): string {
  const inside = under === undefined ? path : path.slice(under.length + 1);
  const [first = '', ...rest] = inside.split('/');
  return rest.length === 0 ? '' : first;
}

/** The samples so that the classes take turns: the first of each, then the second of each, and so on. */
export function inTurns(paths: readonly string[], under?: string): string[] {
  const seen = new Map<string, number>();
  const ranked = paths.map((path, index) => {
    const name = classOf(path, under);
    const rank = seen.get(name) ?? 0;
    seen.set(name, rank + 1);
    return { path, rank, index };
  });
  const inOrder = ranked.toSorted((a, b) => a.rank - b.rank || a.index - b.index);
  return inOrder.map(({ path }) => path);
}
