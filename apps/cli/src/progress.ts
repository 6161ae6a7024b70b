import type { Job, JobEvent, JobStage } from '#contracts';

const BAR_WIDTH = 28;
/** On a pipe a stage reports at most once in so many percent. */
const PLAIN_STEP = 0.25;
/** Of a terminal that does not know its width, or says 0. */
const DEFAULT_COLUMNS = 100;

/** Where progress is written; process.stderr fits. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Shows a job's events: a bar per stage that is redrawn in place on a terminal, plain lines elsewhere. */
export class JobProgress {
  private stages: JobStage[] = [];
  private readonly messages = new Map<number, string>();
  private readonly reported = new Map<number, number>();
  private readonly lines = new Map<number, string>();
  private drawn = 0;

  constructor(private readonly screen: Screen) {}

  handle(event: JobEvent): void {
    switch (event.type) {
      case 'snapshot':
        this.stages = event.job.stages;
        break;
      case 'stage':
        this.stages = this.stages.map((stage) => (stage.index === event.stage.index ? event.stage : stage));
        if (!this.screen.isTTY) this.line(event.stage);
        break;
      case 'progress':
        this.stages = this.stages.map((stage) =>
          stage.index === event.index ? { ...stage, progress: event.fraction } : stage,
        );
        if (event.message !== undefined) this.messages.set(event.index, event.message);
        if (!this.screen.isTTY) this.plainProgress(event.index, event.fraction);
        break;
      case 'log':
        this.log(event.index, event.line);
        break;
      case 'job':
        break;
    }
    if (this.screen.isTTY) this.redraw();
  }

  /** What a stage said goes above the bars, which are drawn again below it. */
  private log(index: number, text: string): void {
    const erase = this.screen.isTTY && this.drawn > 0 ? `\u001b[${this.drawn}A\u001b[J` : '';
    this.drawn = 0;
    this.screen.write(`${erase}${this.stages[index]?.pass ?? index}: ${text}\n`);
  }

  private redraw(): void {
    const up = this.drawn > 0 ? `\u001b[${this.drawn}A` : '';
    const width = (this.screen.columns || DEFAULT_COLUMNS) - 1;
    this.screen.write(up + this.stages.map((stage) => `\u001b[2K${this.barLine(stage).slice(0, width)}\n`).join(''));
    this.drawn = this.stages.length;
  }

  private barLine(stage: JobStage): string {
    const share = stage.state === 'succeeded' ? 1 : stage.progress;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    return `${stage.pass.padEnd(10)} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${this.remark(stage)}`;
  }

  private remark(stage: JobStage): string {
    if (stage.state === 'running') return this.messages.get(stage.index) ?? 'running';
    if (stage.state === 'succeeded') return stage.cached ? 'cached' : seconds(stage);
    return stage.error ? `${stage.state}: ${stage.error.message.split('\n')[0]}` : stage.state;
  }

  private line(stage: JobStage): void {
    if (stage.state === 'waiting' && !stage.error) return;
    const line =
      `${stage.pass}: ` +
      `${stage.state === 'succeeded' ? `succeeded${stage.cached ? ' (cached)' : ''} ${seconds(stage)}` : this.remark(stage)}\n`;
    // A stage is told again when later figures reach it; its line is not.
    if (this.lines.get(stage.index) === line) return;
    this.lines.set(stage.index, line);
    this.screen.write(line);
  }

  private plainProgress(index: number, fraction: number): void {
    const step = Math.floor(fraction / PLAIN_STEP);
    if (step <= (this.reported.get(index) ?? 0) || fraction >= 1) return;
    this.reported.set(index, step);
    const message = this.messages.get(index);
    this.screen.write(
      `${this.stages[index]?.pass ?? index}: ${Math.floor(fraction * 100)} %${message ? `  ${message}` : ''}\n`,
    );
  }
}

/** Follows `events` to their end on `screen`. */
export async function showProgress(events: AsyncIterable<JobEvent>, screen: Screen): Promise<void> {
  const progress = new JobProgress(screen);
  for await (const event of events) progress.handle(event);
}

function seconds(stage: Pick<Job['stages'][number], 'seconds'>): string {
  return stage.seconds === null ? '' : `${stage.seconds.toFixed(1)} s`;
}
