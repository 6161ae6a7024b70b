import { patiently, ProblemError } from '#client';
import {
  hasEnded,
  listedTrial,
  trialsOfColumns,
  type ListedTrial,
  type Problem,
  type Sweep,
  type SweepEvent,
} from '#contracts';
import { replaceEqualDeep } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { client } from '../api/client.js';
import { tellLost } from '../api/lost.js';

/** Everything that the page knows of one sweep: its record, and its trials by number. */
export interface SweepFeed {
  sweep: Sweep | null;
  trials: readonly ListedTrial[];
  /** When the record was read, by this machine's clock, ms. */
  readAt: number;
  /** Why it is followed no further; a break that passes is told by `LostNotice`. */
  problem: string | null;
  /** Why the server has nothing to tell, now or later. */
  refusal: Problem | null;
}

const EMPTY: SweepFeed = { sweep: null, trials: [], readAt: 0, problem: null, refusal: null };
/** Events that come together are shown together: many trials end within a second. Of many trials one changes little. */
const SHOW_AFTER_MS = 300;
const SHOW_LATER_MS_PER_TRIAL = 0.04;
/** The record changes with each trial; it is read again at most so often. */
const READ_AFTER_MS = 2000;
/** After so many times what the server took for it, which has other things to do; and at the latest so late. */
const REST = 10;
const READ_AT_LATEST_MS = 20_000;

/**
 * Follows a sweep to its end, and no further: its trials are read once, then told by its events. `resume` follows it
 * again, after it was extended.
 */
export function useSweepFeed(id: string): { feed: SweepFeed; resume: () => void } {
  const [feed, setFeed] = useState(EMPTY);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    void new Follower(id, abort.signal, (part) => {
      if (!abort.signal.aborted) setFeed((before) => merged(before, part));
    }).run();
    return () => abort.abort();
  }, [id, round]);
  const resume = useCallback(() => setRound((before) => before + 1), []);
  return { feed, resume };
}

/** What of the record is as it was stays the very same, so that nothing is computed anew because of it. */
function merged(before: SweepFeed, { sweep, ...rest }: Partial<SweepFeed>): SweepFeed {
  return { ...before, ...rest, ...(sweep ? { sweep: replaceEqualDeep(before.sweep, sweep) } : {}) };
}

class Follower {
  private readonly trials = new Map<number, ListedTrial>();
  private isShowing = false;
  private isReading = false;
  private readAfter = READ_AFTER_MS;

  constructor(
    private readonly id: string,
    private readonly signal: AbortSignal,
    private readonly tell: (part: Partial<SweepFeed>) => void,
  ) {}

  async run(): Promise<void> {
    try {
      const sweep = await this.patiently(() => this.readRecord());
      await this.patiently(() => this.readTrials());
      if (hasEnded(sweep.state) && sweep.counts.running === 0) return this.show();
      await this.follow(sweep.lastEventId);
    } catch (error) {
      if (this.signal.aborted) return;
      if (error instanceof ProblemError) this.tell({ problem: null, refusal: error.problem });
      else this.tell({ problem: error instanceof Error ? error.message : String(error) });
    } finally {
      tellLost(this, null);
    }
  }

  private patiently<T>(call: () => Promise<T>): Promise<T> {
    return patiently(call, { signal: this.signal, onBreak: this.onBreak });
  }

  private readonly onBreak = ({ message }: Error): void => tellLost(this, message);

  private async readRecord(): Promise<Sweep> {
    const sweep = await client.getSweep({ id: this.id }, { signal: this.signal });
    tellLost(this, null);
    this.tell({ sweep, readAt: performance.now(), problem: null, refusal: null });
    return sweep;
  }

  private async readTrials(): Promise<void> {
    const columns = await client.trialColumns({ id: this.id }, { signal: this.signal });
    for (const trial of trialsOfColumns(columns)) this.trials.set(trial.number, trial);
    tellLost(this, null);
    this.show();
  }

  /** From what the record tells on: the list of trials has what was before. */
  private async follow(lastEventId: number): Promise<void> {
    const { signal, onBreak } = this;
    const after = lastEventId === 0 ? undefined : String(lastEventId);
    for await (const { event } of client.watchSweep({ id: this.id }, { signal, after, onBreak })) this.take(event);
    this.show();
  }

  private take(event: SweepEvent): void {
    tellLost(this, null);
    if (event.type === 'snapshot') return this.tell({ sweep: event.sweep, readAt: performance.now(), problem: null });
    // Events between the record and the list come again, in their order: the last one stands.
    if (event.type === 'trial') this.trials.set(event.trial.number, listedTrial(event.trial));
    this.later('isReading', this.readAfter, () => void this.readAgain());
    this.later('isShowing', SHOW_AFTER_MS + SHOW_LATER_MS_PER_TRIAL * this.trials.size, () => this.show());
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
    const asked = performance.now();
    await this.readRecord().catch(() => {}); // the stream tells of a break
    const rest = REST * (performance.now() - asked);
    this.readAfter = Math.min(READ_AT_LATEST_MS, Math.max(READ_AFTER_MS, rest));
  }

  private show(): void {
    this.tell({ trials: [...this.trials.values()].sort((a, b) => a.number - b.number) });
  }
}
