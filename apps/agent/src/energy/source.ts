/** Something of the system that tells energy or power. */
export interface EnergySource {
  /** What it counts, such as "RAPL package-0". */
  name: string;
  /** Joules since some moment, or watts now: of each rail or package, which add up. */
  unit: 'joules' | 'watts';
  /** Null while it does not tell. */
  read(): number[] | null;
  /** Joules at which each counter begins anew; none for watts. */
  wrapsAt: readonly number[];
}

/** A source that is there, one that is there and may not be read, with the way out, or null. */
export type FoundSource = { source: EnergySource } | { refused: string } | null;

/** Looks for one kind of source below the system's folder, `/sys` but for tests. */
export type FindSource = (root: string) => FoundSource;

/** All values, or null where one is missing: a sum without a part would be wrong. */
export function allOf(values: readonly (number | null)[]): number[] | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length && known.length > 0 ? known : null;
}
