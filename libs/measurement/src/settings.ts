/** How long a measurement goes on, and what counts. */
export interface MeasureSettings {
  /** Timed runs of each subject, and seconds of timing, both of which end it. */
  minRuns: number;
  minSeconds: number;
  /**
   * It ends before that once the 95 % intervals of all medians, and of all ratios to the first, are within this share
   * of them (0.01 is 1 %); null to take all runs.
   */
  within: number | null;
  /**
   * Where set, no block is begun after so many seconds once there are enough for an interval, and none at all after
   * thirty times that, however few there are.
   */
  maxSeconds: number | null;
  /** Runs of each subject that do not count, after the cold one. */
  warmupRuns: number;
  /** The least duration of one sample in steps of the clock; as many runs make one as that needs. 0 for single runs. */
  ticks: number;
  /** The least duration of one sample in ms besides, so that hours of short runs make no more samples than fit. */
  minSampleMs?: number;
  /** Of the order in which the subjects take turns. */
  seed: number;
}

/** What a claim about speed should rest on: 1,024 runs and a minute, or medians and ratios known to 1 %. */
export const FULL: MeasureSettings = {
  minRuns: 1024,
  minSeconds: 60,
  within: 0.01,
  maxSeconds: null,
  warmupRuns: 20,
  ticks: 100,
  seed: 0,
};

/** Seconds instead of a minute, for a first impression; its results say that it was quick. */
export const QUICK: MeasureSettings = {
  ...FULL,
  minRuns: 50,
  minSeconds: 0,
  within: null,
  maxSeconds: 2,
  warmupRuns: 3,
};

/** Whether these settings may end with less than {@link FULL} asks for. */
export function isQuick({ minRuns, minSeconds, within, maxSeconds }: MeasureSettings): boolean {
  const isLong =
    minRuns >= FULL.minRuns && minSeconds >= FULL.minSeconds && (maxSeconds === null || maxSeconds >= FULL.minSeconds);
  return !isLong || (within !== null && within > (FULL.within ?? 0));
}
