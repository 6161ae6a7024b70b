/** Share of the highest learning rate that a step uses; `at` runs from 0 to 1 over the run. */
export type Schedule = (at: number) => number;

/** How the learning rate moves over a run. */
export const SCHEDULES = {
  constant: () => 1,
  // A tenth after half of the run, a hundredth after three quarters.
  step: (at) => (at < 0.5 ? 1 : at < 0.75 ? 0.1 : 0.01),
  // Half a cosine from one to zero (Loshchilov and Hutter 2017).
  cosine: (at) => 0.5 * (1 + Math.cos(Math.PI * at)),
  // Up from a 25th over the first 30 %, down to nothing over the rest (Smith and Topin 2019).
  oneCycle: (at) =>
    at < 0.3
      ? 0.04 + 0.96 * 0.5 * (1 - Math.cos((Math.PI * at) / 0.3))
      : 0.5 * (1 + Math.cos((Math.PI * (at - 0.3)) / 0.7)),
} as const satisfies Record<string, Schedule>;

/** The learning rate of each step of a run; the first `warmup` share of it rises in a straight line. */
export function learningRateAt(
  step: number,
  steps: number,
  options: { learningRate: number; schedule: keyof typeof SCHEDULES; warmup: number },
): number {
  const at = step / steps;
  const rise = options.warmup > 0 ? Math.min(1, (step + 1) / (options.warmup * steps)) : 1;
  return options.learningRate * SCHEDULES[options.schedule](at) * rise;
}
