import { BusyError } from '../problems/busy-error.js';

export interface LineLimits {
  /** Tasks at a time. */
  atATime: number;
  /** Of one owner, so that others find a place beside tasks that take long. */
  perOwner: number;
  /** Of one owner and kind, so that slow uploads do not hold up what else their owner does. */
  perKind: number;
  waiting: number;
  waitingPerOwner: number;
}

const FIRST_GUESS_MS = 1000;
const MAX_RETRY_S = 120;

/** The tasks of one owner that are of one kind. */
interface Lane {
  readonly owner: string;
  readonly waiting: (() => void)[];
  running: number;
}

/**
 * Runs tasks that are many and may be slow, in turn between their owners and kinds, whose own come in their order.
 * Lines have an end.
 */
export class FairLine {
  /** In the order of their turns. */
  private readonly lanes = new Map<string, Lane>();
  private usualMs = FIRST_GUESS_MS;

  constructor(private readonly limits: LineLimits) {}

  /** Throws BusyError when too many tasks wait already, of this owner or in all. */
  async run<T>(owner: string, kind: string, task: () => Promise<T>): Promise<T> {
    const name = `${kind} ${owner}`;
    const lane = this.lanes.get(name) ?? { owner, waiting: [], running: 0 };
    const turn = this.mayRun(lane) ? undefined : this.queueUp(lane);
    this.lanes.set(name, lane);
    if (turn) await turn;
    else lane.running += 1;
    const startedAt = performance.now();
    try {
      return await task();
    } finally {
      this.usualMs += (performance.now() - startedAt - this.usualMs) / 4;
      lane.running -= 1;
      if (lane.running === 0 && lane.waiting.length === 0) this.lanes.delete(name);
      this.next();
    }
  }

  private queueUp(lane: Lane): Promise<void> {
    const own = sum(this.of(lane.owner), ({ waiting }) => waiting.length);
    const all = sum([...this.lanes.values()], ({ waiting }) => waiting.length);
    if (own >= this.limits.waitingPerOwner)
      throw new BusyError(
        'too_many_checks',
        `${own} files and jobs of this API key wait to be checked already: send fewer at a time`,
        this.retryS(own),
      );
    if (all >= this.limits.waiting)
      throw new BusyError(
        'overloaded',
        `${all} files and jobs wait to be checked already: try again later`,
        this.retryS(all),
      );
    return new Promise((resolve) => lane.waiting.push(resolve));
  }

  /** Starts what may start; a lane that had its turn comes last. */
  private next(): void {
    for (const [name, lane] of [...this.lanes]) {
      if (lane.waiting.length === 0 || !this.mayRun(lane)) continue;
      this.lanes.delete(name);
      this.lanes.set(name, lane);
      lane.running += 1;
      lane.waiting.shift()?.();
    }
  }

  private mayRun(lane: Lane): boolean {
    const { atATime, perOwner, perKind } = this.limits;
    const isOwnersTurn = sum(this.of(lane.owner), running) < perOwner;
    const hasRoom = sum([...this.lanes.values()], running) < atATime;
    return lane.running < perKind && isOwnersTurn && hasRoom;
  }

  private of(owner: string): Lane[] {
    return [...this.lanes.values()].filter((lane) => lane.owner === owner);
  }

  private retryS(waiting: number): number {
    const secondsToWait = (waiting * this.usualMs) / this.limits.perOwner / 1000;
    return Math.min(MAX_RETRY_S, Math.max(1, Math.ceil(secondsToWait)));
  }
}

const running = (lane: Lane): number => lane.running;
function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
