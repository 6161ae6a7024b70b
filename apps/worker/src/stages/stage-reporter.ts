import { Injectable } from '@nestjs/common';
import { EventRepository, StageRepository, StageResultRepository } from '#database';
import { Pace, secondsAhead } from '#pipeline';

interface Progress {
  fraction: number;
  message?: string | undefined;
  values?: Record<string, number> | undefined;
}

/** A training step reports every few milliseconds; people need four figures a second. */
const PROGRESS_MS = 250;
/** Where reports go, and what they are completed by. */
export interface ReporterRecords {
  stages: StageRepository;
  events: EventRepository;
  results: StageResultRepository;
}

const MAX_LOG_LINES = 2000;
const MAX_LINE_LENGTH = 2000;

/**
 * Writes a stage's progress and log to the records, in order and at a bounded rate, with what is left of stage and job
 * as far as anything tells. Reports are hints: a write that fails does not fail the stage.
 */
export class StageReporter {
  private writing: Promise<void> = Promise.resolve();
  private waiting: Progress | undefined;
  private timer: NodeJS.Timeout | undefined;
  private lastAt = 0;
  private lines = 0;
  private readonly pace = new Pace();
  private behind: Promise<number | null> | undefined;

  constructor(
    private readonly records: ReporterRecords,
    private readonly jobId: string,
    private readonly index: number,
    private readonly now: () => number = Date.now,
  ) {}

  progress(progress: Progress): void {
    this.waiting = progress;
    const waitMs = Math.max(0, this.lastAt + PROGRESS_MS - this.now());
    this.timer ??= setTimeout(() => this.flush(), waitMs);
  }

  log(line: string): void {
    this.lines += 1;
    if (this.lines > MAX_LOG_LINES) return;
    const text =
      this.lines === MAX_LOG_LINES
        ? `the log ends here: ${MAX_LOG_LINES} lines are kept`
        : line.slice(0, MAX_LINE_LENGTH);
    const event = { type: 'log', index: this.index, line: text } as const;
    this.write(() => this.records.events.append(this.jobId, event));
  }

  /** Writes what waits and resolves when everything is written. */
  async close(): Promise<void> {
    this.flush();
    await this.writing;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const progress = this.waiting;
    this.waiting = undefined;
    if (!progress) return;
    this.lastAt = this.now();
    const left = this.pace.left(progress.fraction, this.lastAt / 1000);
    this.write(async () => {
      const event = { type: 'progress', index: this.index, ...progress, ...(await this.leftOf(left)) } as const;
      await this.records.stages.progress(this.jobId, event);
    });
  }

  /** The job is asked for once the stage has a pace: short ones cost no query. */
  private async leftOf(leftS: number | null): Promise<{ leftS?: number; jobLeftS?: number }> {
    if (leftS === null) return {};
    this.behind ??= this.secondsBehind();
    const behind = await this.behind;
    return { leftS, ...(behind === null ? {} : { jobLeftS: Math.ceil(leftS + behind) }) };
  }

  private async secondsBehind(): Promise<number | null> {
    const { ahead, earlier } = await this.records.results.aheadOf(this.jobId, this.index);
    return secondsAhead(ahead, earlier);
  }

  private write(action: () => Promise<void>): void {
    this.writing = this.writing.then(action).catch(() => undefined);
  }
}

/** A reporter for each attempt at a stage. */
@Injectable()
export class StageReporters {
  constructor(
    private readonly stages: StageRepository,
    private readonly events: EventRepository,
    private readonly results: StageResultRepository,
  ) {}

  of(jobId: string, index: number): StageReporter {
    const { stages, events, results } = this;
    return new StageReporter({ stages, events, results }, jobId, index);
  }
}
