import { counted } from '#contracts';
import type { PassContext } from './pass.js';

/** What a step counts: so many layers, trials or samples. */
export interface Items {
  count: number;
  /** One of them, as in `layer`. */
  noun: string;
}

interface Bounds {
  from: number;
  to: number;
}

/**
 * What a pass tells of its work: step after step, each up to a share of the whole. A step counts its items, or walks
 * over data: how often it walks need not be known, for each walk takes half of what is left of the step. What is told
 * never falls back.
 */
export class Work {
  private doing = '';
  private step: Bounds = { from: 0, to: 0 };
  private items: Items | null = null;
  private done = 0;
  private told = 0;

  constructor(private readonly tell: PassContext['progress']) {}

  /** Begins the next step, which ends at the share `until` of the work, 0..1. */
  begin(doing: string, until: number, items: Items | null = null): void {
    this.step = { from: this.told, to: Math.max(this.told, until) };
    [this.doing, this.items, this.done] = [doing, items, 0];
    this.say(this.told, items ? this.place() : '');
  }

  /** An item of the step is done. */
  next(): void {
    this.done += 1;
    if (this.items && this.done < this.items.count) this.say(this.bounds().from, this.place());
    else this.say(this.bounds().from, '');
  }

  /** A walk over so many things, called with how many of them are done. */
  walk(total: number, noun: string): (done: number) => void {
    const { to } = this.bounds();
    const [from, middle] = [this.told, (this.told + to) / 2];
    return (done) => {
      const share = Math.min(1, done / Math.max(1, total));
      const place = this.items ? `${this.place()}, ` : '';
      this.say(from + share * (middle - from), `${place}${done} of ${counted(total, noun)}`);
    };
  }

  /** Work of which a share alone is known, called with it: so many per cent of the runs. */
  share(noun: string): (fraction: number) => void {
    const { to } = this.bounds();
    const from = this.told;
    return (fraction) => {
      const share = Math.min(1, fraction);
      this.say(from + share * (to - from), `${Math.floor(100 * share)} % of ${noun}`);
    };
  }

  /** Work that is the rest of the present step, or of its present item. */
  within(): Work {
    const { told: from } = this;
    const length = Math.max(0, this.bounds().to - from);
    const around = [this.doing, this.items ? this.place() : ''];
    return new Work((fraction, message = '', values) => {
      this.told = Math.max(this.told, from + fraction * length);
      this.tell(this.told, [...around, message].filter((part) => part !== '').join(': '), values);
    });
  }

  /** What another pass tells of itself, as a part of this work. */
  get progress(): PassContext['progress'] {
    return this.within().tell;
  }

  private place(): string {
    const { count = 0, noun = '' } = this.items ?? {};
    return `${noun} ${Math.min(this.done + 1, count)} of ${count}`;
  }

  /** Where the present item begins and ends. */
  private bounds(): Bounds {
    const { from, to } = this.step;
    if (!this.items) return this.step;
    const at = (item: number) =>
      from + (Math.min(item, this.items?.count ?? 0) / (this.items?.count || 1)) * (to - from);
    return { from: at(this.done), to: at(this.done + 1) };
  }

  private say(fraction: number, detail: string): void {
    this.told = Math.max(this.told, fraction);
    this.tell(this.told, [this.doing, detail].filter((part) => part !== '').join(': '));
  }
}

/** The same batches; `work` is told of each that was taken, as of a walk over `total` samples. */
export async function* toldBatches<B extends { size: number }>(
  batches: AsyncIterable<B>,
  total: number,
  work: Work | undefined,
): AsyncGenerator<B> {
  const tell = work?.walk(total, 'sample');
  let done = 0;
  for await (const batch of batches) {
    yield batch;
    tell?.((done += batch.size));
  }
}
