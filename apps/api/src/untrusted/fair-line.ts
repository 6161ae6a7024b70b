import { BusyError } from '../problems/busy-error.js';

export interface LineLimits {
  /** Tasks at a time. */
  atATime: number;
  /** Of one owner, so that others find a place beside tasks that take long. */
  perOwner: number;
  waiting: number;
  waitingPerOwner: number;
}

const FIRST_GUESS_MS = 1000;
const MAX_RETRY_S = 120;

/** Runs tasks that are many and may be slow, in turn between their owners, whose own come in their order. Lines have an end. */
export class FairLine {
  /** Owners in the order of their turns. */
  private readonly lines = new Map<string, (() => void)[]>();
  private readonly running = new Map<string, number>();
  private usualMs = FIRST_GUESS_MS;

  constructor(private readonly limits: LineLimits) {}

  /** Throws BusyError when too many tasks wait already, of this owner or in all. */
  async run<T>(owner: string, task: () => Promise<T>): Promise<T> {
    if (this.mayRun(owner)) this.count(owner, 1);
    else await this.wait(owner);
    const startedAt = performance.now();
    try {
      return await task();
    } finally {
      this.usualMs += (performance.now() - startedAt - this.usualMs) / 4;
      this.count(owner, -1);
      this.next();
    }
  }

  private wait(owner: string): Promise<void> {
    const own = this.lines.get(owner) ?? [];
    const all = sum([...this.lines.values()].map(({ length }) => length));
    if (own.length >= this.limits.waitingPerOwner) throw new BusyError('too_many_checks', `${own.length} files and jobs of this API key wait to be checked already: send fewer at a time`, this.retryS(own.length));
    if (all >= this.limits.waiting) throw new BusyError('overloaded', `${all} files and jobs wait to be checked already: try again later`, this.retryS(all));
    return new Promise((resolve) => this.lines.set(owner, [...own, resolve]));
  }

  /** The owner whose turn it is and who may have another task running; it comes last then. */
  private next(): void {
    for (const [owner, line] of this.lines) {
      if (!this.mayRun(owner)) continue;
      const [first, ...rest] = line;
      this.lines.delete(owner);
      if (rest.length > 0) this.lines.set(owner, rest);
      this.count(owner, 1);
      first?.();
      return this.next();
    }
  }

  private mayRun(owner: string): boolean {
    return sum([...this.running.values()]) < this.limits.atATime && (this.running.get(owner) ?? 0) < this.limits.perOwner;
  }

  private count(owner: string, by: number): void {
    const count = (this.running.get(owner) ?? 0) + by;
    if (count > 0) this.running.set(owner, count);
    else this.running.delete(owner);
  }

  private retryS(waiting: number): number {
    return Math.min(MAX_RETRY_S, Math.max(1, Math.ceil((waiting * this.usualMs) / this.limits.perOwner / 1000)));
  }
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
