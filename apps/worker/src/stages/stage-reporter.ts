import { Injectable } from '@nestjs/common';
import { EventRepository, StageRepository } from '#database';

interface Progress {
  fraction: number;
  message?: string | undefined;
  values?: Record<string, number> | undefined;
}

/** A training step reports every few milliseconds; people need four figures a second. */
const PROGRESS_MS = 250;
const MAX_LOG_LINES = 2000;
const MAX_LINE_LENGTH = 2000;

/** Writes a stage's progress and log to the records, in order and at a bounded rate. Reports are hints: a write that fails does not fail the stage. */
export class StageReporter {
  private writing: Promise<void> = Promise.resolve();
  private waiting: Progress | undefined;
  private timer: NodeJS.Timeout | undefined;
  private lastAt = 0;
  private lines = 0;

  constructor(
    private readonly stages: StageRepository,
    private readonly events: EventRepository,
    private readonly jobId: string,
    private readonly index: number,
  ) {}

  progress(progress: Progress): void {
    this.waiting = progress;
    this.timer ??= setTimeout(() => this.flush(), Math.max(0, this.lastAt + PROGRESS_MS - Date.now()));
  }

  log(line: string): void {
    this.lines += 1;
    if (this.lines > MAX_LOG_LINES) return;
    const text =
      this.lines === MAX_LOG_LINES
        ? `the log ends here: ${MAX_LOG_LINES} lines are kept`
        : line.slice(0, MAX_LINE_LENGTH);
    this.write(() => this.events.append(this.jobId, { type: 'log', index: this.index, line: text }));
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
    this.lastAt = Date.now();
    this.write(() => this.stages.progress(this.jobId, { type: 'progress', index: this.index, ...progress }));
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
  ) {}

  of(jobId: string, index: number): StageReporter {
    return new StageReporter(this.stages, this.events, jobId, index);
  }
}
