import type { ListedTrial } from '#contracts';

/** A trial in time, ms since 1970, in a lane in which no other runs meanwhile. */
export interface LanedTrial {
  trial: ListedTrial;
  from: number;
  to: number;
  lane: number;
}

/** Trials by when they began, each in the first lane that is free then; those that run end `now`. */
export function trialLanes(trials: readonly ListedTrial[], now: number): LanedTrial[] {
  const free: number[] = [];
  return [...trials]
    .map((trial) => {
      const from = trial.createdAt;
      return { trial, from, to: Math.max(from, trial.finishedAt === null ? now : trial.finishedAt) };
    })
    .sort((a, b) => a.from - b.from || a.trial.number - b.trial.number)
    .map((timed) => {
      const found = free.findIndex((until) => until <= timed.from);
      const lane = found < 0 ? free.length : found;
      free[lane] = timed.to;
      return { ...timed, lane };
    });
}
