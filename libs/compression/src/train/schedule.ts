/** Share of the highest learning rate that a step uses. */
export type Schedule = (step: number, steps: number) => number;

/** How the learning rate moves over a run. */
export const SCHEDULES = {
  constant: () => 1,
  // Half a cosine from one to zero (Loshchilov and Hutter 2017).
  cosine: (step, steps) => 0.5 * (1 + Math.cos((Math.PI * step) / steps)),
} as const satisfies Record<string, Schedule>;
