import { MeasurementError } from './errors.js';

/** Milliseconds from any origin, never going back; `performance` is one. */
export interface Clock {
  now(): number;
}

/** Ticks that are looked at, and readings after which a clock that has not moved is said to stand still. */
const TICKS = 20;
const MOST_READINGS = 20_000_000;

/**
 * The least step in which the clock was seen to move, ms. Browsers round theirs to 5 to 100 microseconds, some with
 * jitter; what takes less than many steps cannot be timed by a single run.
 */
export function clockResolutionMs(clock: Clock): number {
  let least = Infinity;
  for (let tick = 0; tick < TICKS; tick++) least = Math.min(least, nextStep(clock));
  return least;
}

function nextStep(clock: Clock): number {
  const start = clock.now();
  for (let reading = 0; reading < MOST_READINGS; reading++) {
    const step = clock.now() - start;
    if (step > 0) return step;
  }
  throw new MeasurementError(
    'clock_stands',
    `the clock did not move in ${MOST_READINGS} readings, so nothing can be timed with it`,
  );
}
