import { ProblemError, type CallPatience, type Client } from '#client';
import type { AgentWelcome, Lease } from '#contracts';
import { readCondition } from '../machine/condition.js';
import { LeaseGoneError } from '../errors.js';
import { pulse, type Pulse } from './pulse.js';

/** A lease while this agent holds it: heartbeats keep it, and `signal` aborts with LeaseGoneError once it is lost. */
export class HeldLease {
  private readonly gone = new AbortController();
  private readonly beat: Pulse;
  private progress = 0;
  private message = '';
  private heardAt = Date.now();

  constructor(
    private readonly client: Client,
    private readonly lease: Lease,
    private readonly times: Pick<AgentWelcome, 'heartbeatMs' | 'lostAfterMs'>,
  ) {
    this.beat = pulse(times.heartbeatMs, () => this.heartbeat());
  }

  get signal(): AbortSignal {
    return this.gone.signal;
  }

  /** What the next heartbeat tells. */
  tell(progress: number, message: string): void {
    this.progress = progress;
    this.message = message;
  }

  end(): void {
    this.beat.stop();
  }

  /** A server that is not to be reached may be so before it counts the device as lost, and no longer. */
  private async heartbeat(): Promise<void> {
    const { id, fence } = this.lease;
    const { progress, message } = this;
    try {
      await this.client.heartbeat({ id, body: { fence, progress, message, condition: readCondition() } });
      this.heardAt = Date.now();
    } catch (error) {
      if (isRefusal(error)) this.gone.abort(new LeaseGoneError(id, error.message));
      else if (Date.now() - this.heardAt > this.times.lostAfterMs)
        this.gone.abort(new LeaseGoneError(id, 'the server was not reached in time'));
    }
  }
}

/** The server has heard, and does not want it: asking again does not help. */
export function isRefusal(error: unknown): error is ProblemError {
  if (!(error instanceof ProblemError)) return false;
  const { status } = error.problem;
  return status >= 400 && status < 500 && status !== 429;
}

/** Asks until the server answers: it may be restarting, behind a broken line, or behind somebody else's page. */
export const patienceOf = (signal: AbortSignal, onBreak?: (error: Error) => void): CallPatience => ({
  signal,
  onBreak,
  isPassing: (error) => !isRefusal(error),
});
