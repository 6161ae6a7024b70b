import { z } from 'zod';

const SECONDS = { s: 1, m: 60 } as const;

/** A span of time as people write it: 90s, 10m. */
export const Duration = z.string().regex(/^[1-9][0-9]{0,5}[sm]$/, 'a number with its unit, such as 90s or 10m');
export type Duration = z.infer<typeof Duration>;

/** Seconds of a span of time. */
export const durationSeconds = (duration: Duration): number =>
  Number(duration.slice(0, -1)) * (duration.endsWith('m') ? SECONDS.m : SECONDS.s);
