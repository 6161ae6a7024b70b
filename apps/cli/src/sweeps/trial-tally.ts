import type { Sweep, Trial } from '#contracts';

/** How many trials are in which state, from a sweep's record on: what was before need not be read again. */
export class TrialTally {
  private readonly states = new Map<number, Trial['state']>();
  private readonly counts: Sweep['counts'];
  private readonly begun: number;
  private feasible: number;

  constructor({ counts, feasible }: Pick<Sweep, 'counts' | 'feasible'>) {
    this.counts = { ...counts };
    this.feasible = feasible;
    this.begun = Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  get sums(): Pick<Sweep, 'counts' | 'feasible'> {
    return { counts: { ...this.counts }, feasible: this.feasible };
  }

  /** Takes notice of a trial as it is now: of those that the record counts, only what ran can have changed. */
  take({ number, state, violation }: Pick<Trial, 'number' | 'state' | 'violation'>): void {
    const before = this.states.get(number) ?? (number < this.begun ? 'running' : undefined);
    this.states.set(number, state);
    if (before === state) return;
    if (before !== undefined) this.counts[before] -= 1;
    this.counts[state] += 1;
    if (state === 'complete' && violation === 0) this.feasible += 1;
  }
}
