import { canonicalJson } from './canonical-json.js';

/** Share of the work, and seconds of it, below which a pace tells nothing. */
const TELLING_SHARE = 0.03;
const TELLING_S = 2;

/** How fast a stage gets on, from what it tells of itself: one that was resumed does not begin at 0. */
export class Pace {
  private first: { fraction: number; seconds: number } | null = null;

  /** Seconds that are left when `fraction` of the work is done at a moment of any clock; null where nothing tells. */
  left(fraction: number, seconds: number): number | null {
    // As long as nothing is done the clock does not run: a stage may have to look at its data first.
    if (this.first === null || fraction <= this.first.fraction) this.first = { fraction, seconds };
    const [share, taken] = [fraction - this.first.fraction, seconds - this.first.seconds];
    if (share < TELLING_SHARE || taken < TELLING_S) return null;
    return Math.ceil((taken / share) * (1 - fraction));
  }
}

/** A stage as far as it decides what a run of it takes. */
export interface PassRun {
  pass: string;
  options: Record<string, unknown>;
}

/**
 * Seconds that stages which have not begun will take, from earlier ones on the same model, the newest first: of those
 * of the same pass one with the same options, else any. Null where a pass has not run before.
 */
export function secondsAhead(
  stages: readonly PassRun[],
  earlier: readonly (PassRun & { seconds: number })[],
): number | null {
  const known = stages.map(({ pass, options }) => {
    const same = earlier.filter((run) => run.pass === pass);
    const asked = canonicalJson(options);
    return (same.find((run) => canonicalJson(run.options) === asked) ?? same[0])?.seconds;
  });
  if (known.some((seconds) => seconds === undefined)) return null;
  return known.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0);
}
