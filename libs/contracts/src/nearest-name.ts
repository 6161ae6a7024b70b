/** No name is longer; the distance of a text takes time in proportion to its length. */
const MAX_NAME = 100;
/** More names would be no help. */
const MAX_LISTED = 40;

/** The valid name that was probably meant, by Levenshtein distance; undefined when none is near. */
export function nearestName(wrong: string, valid: readonly string[]): string | undefined {
  if (wrong.length > MAX_NAME) return undefined;
  const distanceTo = (name: string) => nameDistance(wrong.toLowerCase(), name.toLowerCase());
  const measured = valid.map((name) => ({ name, distance: distanceTo(name) }));
  const [best] = measured.sort((a, b) => a.distance - b.distance);
  if (!best) return undefined;
  const most = Math.max(2, Math.ceil(best.name.length / 2));
  return best.distance <= most ? best.name : undefined;
}

/** `did you mean "x"?`, or the whole list when nothing is near, or to leave it out where there is none. */
export function suggestion(wrong: string, valid: readonly string[]): string {
  const near = nearestName(wrong, valid);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (valid.length === 0) return 'leave it out';
  const more = valid.length > MAX_LISTED ? ` and ${valid.length - MAX_LISTED} more` : '';
  return `choose one of ${valid.slice(0, MAX_LISTED).join(', ')}${more}`;
}

/** One row of the table at a time: d[j] = min(d[j] + 1, d[j-1] + 1, diagonal + (a[i] ≠ b[j])). */
export function nameDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length] ?? a.length;
}
