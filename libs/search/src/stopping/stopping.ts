/** Intermediate figures of one trial by step, the smaller the better; steps may be missing. */
export type Curve = ReadonlyMap<number, number>;

/** Decides whether a running trial is to end early, by its own curve and those of the others. */
export type StoppingCriterion = (curve: Curve, others: readonly Curve[]) => boolean;

export interface MedianRuleOptions {
  /** Steps that every trial may take. */
  warmup?: number;
  /** Trials with a figure at the step before anything is stopped. */
  trials?: number;
}

/** Others that the median is one of, unless said otherwise. */
export const MEDIAN_OTHERS = 5;

/**
 * Stops a trial whose best figure so far is above the median of the others' best figures up to the same step (Golovin
 * et al. 2017, section 3.2.2).
 */
export function medianRule({ warmup = 1, trials = MEDIAN_OTHERS }: MedianRuleOptions = {}): StoppingCriterion {
  return (curve, others) => {
    const step = Math.max(-Infinity, ...curve.keys());
    if (step < warmup) return false;
    const longEnough = others.filter((other) => Math.max(-Infinity, ...other.keys()) >= step);
    const bests = longEnough.map((other) => bestUntil(other, step));
    if (bests.length < trials) return false;
    const sorted = bests.sort((a, b) => a - b);
    const middle = (sorted.length - 1) / 2;
    const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
    return bestUntil(curve, step) > median;
  };
}

export interface AshaOptions {
  /** The first step at which trials are compared. */
  minimum?: number;
  /** One in so many goes on from each rung to the next, which lies so many times as far. */
  reduction?: number;
}

/**
 * Asynchronous successive halving (Li et al. 2020): at each rung r · η^k a trial goes on only if it is among the best
 * 1/η of those that have come so far. Decides at once: nothing waits for others.
 */
export function asha({ minimum = 1, reduction = 3 }: AshaOptions = {}): StoppingCriterion {
  return (curve, others) => {
    const step = Math.max(-Infinity, ...curve.keys());
    for (let rung = minimum; rung <= step; rung *= reduction) {
      if (!curve.has(rung)) continue;
      const own = curve.get(rung)!;
      const atRung = others.flatMap((other) => (other.has(rung) ? [other.get(rung)!] : []));
      const all = [own, ...atRung].sort((a, b) => a - b);
      if (own > all[Math.max(0, Math.floor(all.length / reduction) - 1)]!) return true;
    }
    return false;
  };
}

/** The least figure up to a step; NaN counts as Infinity. */
function bestUntil(curve: Curve, step: number): number {
  const values = [...curve].filter(([at]) => at <= step).map(([, value]) => value);
  return values.reduce((best, value) => (value < best ? value : best), Infinity);
}
