import { leftWords, type Job, type JobEvent, type JobStage, type Left } from '#contracts';

const BAR_WIDTH = 28;
/** On a pipe a stage reports at most once in so many percent. */
const PLAIN_STEP = 0.25;
/** Or once in so much time, where that takes longer. */
const PLAIN_MS = 10_000;
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
  private readonly left = new Map<number, Left>();
  private readonly reported = new Map<number, { step: number; at: number }>();
  private readonly lines = new Map<number, string>();
  private drawn = 0;

  constructor(
    private readonly screen: Screen,
    private readonly now: () => number = Date.now,
  ) {}

  handle(event: JobEvent): void {
    switch (event.type) {
      case 'snapshot':
        this.stages = event.job.stages;
        break;
      case 'stage':
        const { stage: told } = event;
        this.left.delete(told.index);
        this.stages = this.stages.map((stage) => (stage.index === told.index ? told : stage));
        if (!this.screen.isTTY) this.line(event.stage);
        break;
      case 'progress':
        const { index, fraction, leftS, jobLeftS } = event;
        this.left.set(index, { leftS, jobLeftS });
        this.stages = this.stages.map((stage) => (stage.index === index ? { ...stage, progress: fraction } : stage));
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
    const done = String(Math.floor(share * 100)).padStart(3);
    return `${stage.pass.padEnd(10)} ${bar} ${done} %  ${this.remark(stage)}`;
  }

  private remark(stage: JobStage): string {
    if (stage.state === 'running') return this.doing(stage.index, stage.pass) || 'running';
    if (stage.state === 'succeeded') return stage.cached ? 'cached' : seconds(stage);
    return stage.error ? `${stage.state}: ${stage.error.message.split('\n')[0]}` : stage.state;
  }

  private line(stage: JobStage): void {
    if (stage.state === 'waiting' && !stage.error) return;
    const succeeded = `succeeded${stage.cached ? ' (cached)' : ''} ${seconds(stage)}`;
    const line = `${stage.pass}: ${stage.state === 'succeeded' ? succeeded : this.remark(stage)}\n`;
    // A stage is told again when later figures reach it; its line is not.
    if (this.lines.get(stage.index) === line) return;
    this.lines.set(stage.index, line);
    this.screen.write(line);
  }

  private plainProgress(index: number, fraction: number): void {
    const step = Math.floor(fraction / PLAIN_STEP);
    const now = this.now();
    const last = this.reported.get(index) ?? { step: 0, at: now };
    if (!this.reported.has(index)) this.reported.set(index, last);
    if ((step <= last.step && now - last.at < PLAIN_MS) || fraction >= 1) return;
    this.reported.set(index, { step, at: now });
    const pass = this.stages[index]?.pass ?? String(index);
    const doing = this.doing(index, pass);
    this.screen.write(`${pass}: ${Math.floor(fraction * 100)} %${doing === '' ? '' : `  ${doing}`}\n`);
  }

  /** What a stage does, and how long it still takes. */
  private doing(index: number, pass: string): string {
    const left = leftWords(this.left.get(index) ?? {}, pass);
    return [this.messages.get(index), left].filter((part) => part !== undefined && part !== null).join(', ');
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
