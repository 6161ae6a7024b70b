/** What may be said of a candidate's speed against the baseline's. */
export type Verdict = 'faster' | 'slower' | 'equal' | 'inconclusive';

/** How much faster one model is than another, with what the clock's noise leaves of it. */
export interface Speedup {
  /** Medians over the runs, ms. */
  beforeMs: number;
  afterMs: number;
  /** Median over pairs of neighbouring runs of time before / time after. */
  speedup: number;
  /** Ends of the interval of that median; null where too few pairs were timed. */
  low: number | null;
  high: number | null;
  /** Pairs of runs that were timed. */
  pairs: number;
  verdict: Verdict;
  /** Why nothing may be said; null where something may. */
  reason: string | null;
  /** The share within which speeds count as equal. */
  equalWithin: number;
  /**
   * Chance that all intervals of the measurement hold the truth; with several candidates each of them is wider for
   * that.
   */
  confidence: number;
  /** How many candidates there were. */
  comparisons: number;
}

/** The figures of a comparison before it is judged. */
export type Ratio = Omit<Speedup, 'verdict' | 'reason'>;
