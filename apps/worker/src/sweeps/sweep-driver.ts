import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { QueueEntry } from '#contracts';
import { JobRepository, SweepEventRepository, SweepSessions, type SweepSession } from '#database';
import { QueueFeeder } from '#queue';
import { beginTrials, type Begun } from './begin-trials.js';
import { Conclusion } from './conclusion.js';
import { endTrials } from './end-trials.js';
import { LiveSweeps, type LiveSweep } from './live-sweeps.js';
import { beginSurvey } from './survey.js';

/**
 * Sweeps are looked at so often even when nothing wakes their driver: a notification may be lost, and time limits pass.
 */
const EVERY_MS = 5000;
const NOTHING: Begun = { entries: [], isExhausted: false, isDue: false };

/** What a round leaves to be done once its transaction holds. */
interface Aftermath {
  entries: QueueEntry[];
  /** Jobs of trials that have ended without them. */
  cancel: string[];
}

/**
 * Drives sweeps: tells what came of trials, begins the next, ends what has nothing left. All of it is in the records,
 * each round of a sweep one transaction under its lock: of any number of workers one drives a sweep at a time, and what
 * one that is killed leaves undone another does.
 */
@Injectable()
export class SweepDriver implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(SweepDriver.name);
  private unsubscribe: () => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private isDue = false;
  private isClosed = false;

  constructor(
    private readonly sessions: SweepSessions,
    private readonly events: SweepEventRepository,
    private readonly jobs: JobRepository,
    private readonly feeder: QueueFeeder,
    private readonly live: LiveSweeps,
  ) {}

  /** Begins with what earlier processes left; nobody waits for it. */
  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => this.wake(), EVERY_MS);
    this.unsubscribe = await this.events.onWork(() => this.wake());
    this.wake();
  }

  onModuleDestroy(): void {
    this.isClosed = true;
    clearInterval(this.timer);
    this.unsubscribe();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.round;
  }

  /** One round at a time; what comes meanwhile is looked at behind it. */
  private wake(): void {
    this.isDue = true;
    if (this.isClosed) return;
    const warn = (error: unknown) => this.logger.warn({ err: error }, 'cannot look for sweeps');
    this.round ??= this.look()
      .catch(warn)
      .finally(() => {
        this.round = undefined;
        if (this.isDue) this.wake();
      });
  }

  private async look(): Promise<void> {
    this.isDue = false;
    const open = await this.sessions.open();
    this.live.keep(open);
    for (const id of open) {
      if (this.isClosed) return;
      await this.drive(id).catch((error: unknown) => {
        this.live.forget(id);
        this.logger.warn({ err: error, sweep: id }, 'cannot drive a sweep');
      });
    }
  }

  private async drive(id: string): Promise<void> {
    const left = await this.sessions.tryRun(id, (session) => this.turn(session));
    if (!left) return;
    if (left.entries.length > 0) await this.feeder.feed(left.entries);
    for (const jobId of left.cancel) await this.jobs.cancel(jobId);
  }

  private async turn(session: SweepSession): Promise<Aftermath> {
    const live = await this.live.of(session);
    const cancel = await endTrials(session, live);
    await live.learn(session);
    const conclusion = new Conclusion(session);
    await conclusion.atLimits();
    const { entries, isExhausted, isDue } =
      session.sweep.state === 'running' ? await this.begin(session, live) : NOTHING;
    if (isDue) this.isDue = true;
    const last = await conclusion.atEnd(isExhausted);
    return { entries: [...entries, ...last], cancel };
  }

  /** What a search begins with is measured before its first trial. */
  private async begin(session: SweepSession, live: LiveSweep): Promise<Begun> {
    if (live.isSurveyed) return beginTrials(session, live);
    return { ...NOTHING, entries: await beginSurvey(session, live.plan) };
  }
}
