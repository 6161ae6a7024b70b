import { randomOrder, seededRandom } from '#numbers';
import { clockResolutionMs, type Clock } from './clock.js';
import { MeasurementError } from './errors.js';
import { LEAST_BLOCKS } from './rank-interval.js';
import { isQuick, type MeasureSettings } from './settings.js';
import { isPrecise } from './precision.js';

/**
 * Something that is timed; `index` counts runs, the same for all subjects of a block, so that they can take the same
 * input.
 */
export interface Subject {
  run(index: number): unknown;
}

/**
 * What ended a measurement: the runs and seconds that were asked for, medians known well enough, or time that was up.
 */
export type StopReason = 'limits' | 'precision' | 'time';

/** Raw times of several subjects, the baseline first. */
export interface Measurement {
  /**
   * Milliseconds of a run, by subject and block; warm-up and the cold run left out. Where a sample is of several runs
   * it is their mean.
   */
  samplesMs: number[][];
  /** When each block began, in seconds from the first. */
  atSeconds: number[];
  /** The first run of each. */
  coldMs: number[];
  /** How many runs one sample of each is. */
  runsPerSample: number[];
  clockResolutionMs: number;
  /** From the first timed block to the end of the last. */
  seconds: number;
  stoppedBy: StopReason;
  /** Settings that ask for less than a full measurement. */
  isQuick: boolean;
}

export interface MeasureHooks {
  /** Called after each block and each round of warm-up, with the share that is done if nothing ends it early. */
  onProgress?(fraction: number): void;
}

/**
 * However slow the subjects are, no more blocks are begun after so many times maxSeconds, and the intervals are unknown
 * then.
 */
const PATIENCE = 30;

/**
 * Times subjects in blocks: in each, every subject is timed once, in an order drawn anew. Whatever the machine does
 * meanwhile (drift, bursts of other load, changes of frequency) meets all of them alike, and since the order is random,
 * which of two equal subjects comes out faster in a block is the toss of a coin, whatever the noise looks like: that is
 * what the intervals of {@link compare} rest on.
 */
export async function measure(
  subjects: readonly Subject[],
  settings: MeasureSettings,
  clock: Clock,
  hooks: MeasureHooks = {},
): Promise<Measurement> {
  if (subjects.length === 0)
    throw new MeasurementError('nothing_to_measure', 'a measurement needs at least one subject');
  const stepMs = clockResolutionMs(clock);
  const random = seededRandom(settings.seed);
  const run = new Run(subjects, settings, clock, random, hooks);
  const coldMs = await run.block(subjects.map(() => 1));
  await run.warmUp();
  const runsPerSample = await run.runsPerSample(Math.max(settings.ticks * stepMs, settings.minSampleMs ?? 0), coldMs);
  const timed = await run.timed(runsPerSample);
  return { ...timed, coldMs, runsPerSample, clockResolutionMs: stepMs, isQuick: isQuick(settings) };
}

/** One measurement under way. */
class Run {
  private index = 0;
  private done = 0;
  private readonly startMs: number;

  constructor(
    private readonly subjects: readonly Subject[],
    private readonly settings: MeasureSettings,
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly hooks: MeasureHooks,
  ) {
    this.startMs = clock.now();
  }

  /** Milliseconds of a run of each subject, each the mean of as many as are asked for. */
  async block(runs: readonly number[]): Promise<number[]> {
    const times = this.subjects.map(() => NaN);
    for (const i of randomOrder(this.subjects.length, this.random)) times[i] = await this.sample(i, runs[i] ?? 1);
    this.index++;
    return times;
  }

  async warmUp(): Promise<void> {
    const { warmupRuns, maxSeconds } = this.settings;
    for (let i = 0; i < warmupRuns && this.secondsSince(this.startMs) < (maxSeconds ?? Infinity); i++) {
      await this.block(this.subjects.map(() => 1));
      this.reportProgress(i + 1 - warmupRuns, 0);
    }
  }

  /**
   * Runs of each subject that take at least so long together; a subject whose cold run took much longer is not tried
   * again.
   */
  async runsPerSample(leastMs: number, coldMs: readonly number[]): Promise<number[]> {
    const counts: number[] = [];
    for (const [i, cold] of coldMs.entries())
      counts.push(cold >= COLD_FACTOR * leastMs ? 1 : await this.runsThatTake(leastMs, i));
    return counts;
  }

  private async runsThatTake(leastMs: number, subject: number): Promise<number> {
    let count = 1;
    while (count < MOST_RUNS_PER_SAMPLE) {
      const ms = (await this.sample(subject, count)) * count;
      if (ms >= leastMs) break;
      const wanted = ms > 0 ? Math.ceil((1.1 * count * leastMs) / ms) : Infinity;
      count = Math.max(count + 1, Math.min(count * 8, wanted));
    }
    return count;
  }

  async timed(runs: readonly number[]): Promise<Timed> {
    const samplesMs = this.subjects.map((): number[] => []);
    const atSeconds: number[] = [];
    const startMs = this.clock.now();
    let nextLook = FIRST_LOOK;
    for (let blocks = 0; ; blocks++) {
      const stoppedBy = this.stop(blocks, Math.min(...runs), this.secondsSince(startMs));
      if (stoppedBy) return { samplesMs, atSeconds, seconds: this.secondsSince(startMs), stoppedBy };
      // Looks at the widths, never at who leads: that would favour whoever is ahead by chance.
      if (blocks === nextLook) {
        if (this.settings.within !== null && isPrecise(samplesMs, this.settings.within))
          return { samplesMs, atSeconds, seconds: this.secondsSince(startMs), stoppedBy: 'precision' };
        nextLook = Math.ceil(nextLook * LOOK_GROWTH);
      }
      atSeconds.push(this.secondsSince(startMs));
      (await this.block(runs)).forEach((ms, i) => samplesMs[i]?.push(ms));
      this.reportProgress((blocks + 1) * Math.min(...runs), this.secondsSince(startMs));
    }
  }

  private stop(blocks: number, runs: number, seconds: number): StopReason | null {
    const { minRuns, minSeconds, maxSeconds } = this.settings;
    if (blocks === 0) return null;
    if ((blocks * runs >= minRuns && seconds >= minSeconds) || blocks >= MOST_BLOCKS) return 'limits';
    const limit = (maxSeconds ?? Infinity) * (blocks < LEAST_BLOCKS ? PATIENCE : 1);
    return this.secondsSince(this.startMs) >= limit ? 'time' : null;
  }

  private async sample(subject: number, runs: number): Promise<number> {
    const timed = this.subjects[subject] ?? NOTHING;
    const start = this.clock.now();
    for (let i = 0; i < runs; i++) await timed.run(this.index + i);
    return (this.clock.now() - start) / runs;
  }

  private reportProgress(runs: number, seconds: number): void {
    const { warmupRuns, minRuns, minSeconds } = this.settings;
    const ofRuns = (warmupRuns + runs) / (warmupRuns + minRuns);
    const ofTime = minSeconds > 0 ? seconds / minSeconds : 1;
    this.done = Math.min(1, Math.max(this.done, Math.min(ofRuns, ofTime)));
    this.hooks.onProgress?.(this.done);
  }

  private secondsSince(ms: number): number {
    return (this.clock.now() - ms) / 1000;
  }
}

type Timed = Pick<Measurement, 'samplesMs' | 'atSeconds' | 'seconds' | 'stoppedBy'>;

const NOTHING: Subject = { run: () => undefined };

/** A cold run is hardly so many times slower than the next. */
const COLD_FACTOR = 100;

/** A subject that takes no measurable time is not run for ever. */
const MOST_RUNS_PER_SAMPLE = 2 ** 20;

/** More blocks tell nothing more, however long they were to go on, and their samples would fill the memory. */
const MOST_BLOCKS = 1_000_000;

/**
 * Blocks before which precision is not judged, and how much more there are at each further look: sorting must not fill
 * the caches between runs.
 */
const FIRST_LOOK = 50;
const LOOK_GROWTH = 1.25;
