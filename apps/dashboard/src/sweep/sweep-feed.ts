import { all, ProblemError } from '#client';
import { hasEnded, type Problem, type Sweep, type SweepEvent, type Trial } from '#contracts';
import { useEffect, useState } from 'react';
import { client } from '../api/client.js';

/** Everything that the page knows of one sweep: its record, and its trials by number. */
export interface SweepFeed {
  sweep: Sweep | null;
  trials: readonly Trial[];
  /** When the record was read, by this machine's clock, ms. */
  readAt: number;
  /** Why the connection broke; it is tried again. */
  problem: string | null;
  /** Why the server has nothing to tell, now or later. */
  refusal: Problem | null;
}

const EMPTY: SweepFeed = { sweep: null, trials: [], readAt: 0, problem: null, refusal: null };
/** Trials of one answer. */
const PAGE = 1000;
/** Events that come together are shown together: many trials end within a second. */
const SHOW_AFTER_MS = 150;
/** The record changes with each trial; it is read again at most so often. */
const READ_AFTER_MS = 2000;

/**
 * Follows a sweep to its end, and no further: its trials are read once, then told by its events. `resume` follows it again, after it was extended.
 */
export function useSweepFeed(id: string): { feed: SweepFeed; resume: () => void } {
  const [feed, setFeed] = useState(EMPTY);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    void new Follower(id, abort.signal, (part) => setFeed((before) => ({ ...before, ...part }))).run();
    return () => abort.abort();
  }, [id, round]);
  return { feed, resume: () => setRound((before) => before + 1) };
}

class Follower {
  private readonly trials = new Map<number, Trial>();
  private isShowing = false;
  private isReading = false;

  constructor(
    private readonly id: string,
    private readonly signal: AbortSignal,
    private readonly tell: (part: Partial<SweepFeed>) => void,
  ) {}

  async run(): Promise<void> {
    try {
      const sweep = await client.getSweep({ id: this.id }, { signal: this.signal });
      this.tell({ sweep, readAt: performance.now() });
      await this.readTrials();
      if (hasEnded(sweep.state) && sweep.counts.running === 0) return this.show();
      await this.follow();
    } catch (error) {
      if (this.signal.aborted) return;
      if (error instanceof ProblemError) this.tell({ problem: null, refusal: error.problem });
      else this.tell({ problem: error instanceof Error ? error.message : String(error) });
    }
  }

  private async readTrials(): Promise<void> {
    const list = all(client.listTrials, { id: this.id, limit: PAGE }, { signal: this.signal });
    for await (const trial of list) {
      this.trials.set(trial.number, trial);
      // The first ones at once, the others together: to show many is work that grows with them.
      if (this.trials.size === PAGE) this.show();
    }
    this.show();
  }

  private async follow(): Promise<void> {
    const onBreak = ({ message }: Error) => this.tell({ problem: message });
    for await (const { event } of client.watchSweep({ id: this.id }, { signal: this.signal, onBreak }))
      this.take(event);
    this.show();
  }

  private take(event: SweepEvent): void {
    if (event.type === 'snapshot') return this.tell({ sweep: event.sweep, readAt: performance.now(), problem: null });
    if (event.type === 'trial') this.keep(event.trial);
    this.later('isReading', READ_AFTER_MS, () => void this.readAgain());
    this.later('isShowing', SHOW_AFTER_MS, () => this.show());
  }

  /** Events of the past come again with a new connection: what is known to have ended stays. */
  private keep(trial: Trial): void {
    const known = this.trials.get(trial.number);
    if (!known || known.state === 'running' || trial.state !== 'running') this.trials.set(trial.number, trial);
  }

  private later(flag: 'isShowing' | 'isReading', milliseconds: number, act: () => void): void {
    if (this[flag]) return;
    this[flag] = true;
    setTimeout(() => {
      this[flag] = false;
      if (!this.signal.aborted) act();
    }, milliseconds);
  }

  private async readAgain(): Promise<void> {
    const sweep = await client.getSweep({ id: this.id }, { signal: this.signal }).catch(() => null);
    if (sweep && !this.signal.aborted) this.tell({ sweep, readAt: performance.now(), problem: null });
  }

  private show(): void {
    this.tell({ trials: [...this.trials.values()].sort((a, b) => a.number - b.number) });
  }
}
