/** What a trial is ranked by. All objectives are minimized; a constraint holds at 0 and below. */
export interface Outcome {
  values: readonly number[];
  constraints?: readonly number[];
}

/**
 * How far an outcome is from holding all constraints: the sum of what is above 0, 0 where they hold. NaN counts as
 * Infinity.
 */
export function violation({ constraints = [] }: Outcome): number {
  const excess = (value: number) => (Number.isNaN(value) ? Infinity : Math.max(0, value));
  return constraints.reduce((sum, value) => sum + excess(value), 0);
}

/** Whether `a` is at least as low in every objective and lower in one. */
export function dominates(a: readonly number[], b: readonly number[]): boolean {
  let isLower = false;
  for (let i = 0; i < a.length; i++) {
    if (!(a[i]! <= b[i]!)) return false;
    if (a[i]! < b[i]!) isLower = true;
  }
  return isLower;
}

/**
 * Constrained domination (Deb et al. 2002, section VI): what holds the constraints goes before what does not, the
 * lesser violation before the greater.
 */
export function dominatesConstrained(a: Outcome, b: Outcome): boolean {
  const [far, farther] = [violation(a), violation(b)];
  return far === farther ? far === 0 && dominates(a.values, b.values) : far < farther;
}

/**
 * The rank of each outcome: 0 for the front, 1 for the front of the rest, and so on (Deb et al. 2002, fast
 * non-dominated sort). O(n²).
 */
export function nonDominatedRanks(outcomes: readonly Outcome[]): number[] {
  const ranks = Array<number>(outcomes.length).fill(-1);
  let left = outcomes.map((_, i) => i);
  for (let rank = 0; left.length > 0; rank++) {
    const isDominated = (i: number) => left.some((j) => dominatesConstrained(outcomes[j]!, outcomes[i]!));
    const front = left.filter((i) => !isDominated(i));
    // Outcomes with NaN dominate nothing and nothing dominates them; whatever remains then shares the last rank.
    const taken = front.length > 0 ? front : left;
    for (const i of taken) ranks[i] = rank;
    left = left.filter((i) => ranks[i] === -1);
  }
  return ranks;
}
