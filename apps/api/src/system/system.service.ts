import { Inject, Injectable } from '@nestjs/common';
import type { SystemReport } from '#contracts';
import { StageMachineRepository, SystemRepository } from '#database';
import { QUEUE } from '#infrastructure';
import { productVersion } from '#process';
import { QueueUnavailableError, type StageQueue } from '#queue';

type Report = Omit<SystemReport, 'caller'>;

/** How old an answer may be: sums over all records are made once for all who look. */
const FRESH_MS = 10_000;

/** Reads what operators look at from records and queue. */
@Injectable()
export class SystemService {
  private known: { at: number; report: Promise<Report> } | undefined;

  constructor(
    private readonly system: SystemRepository,
    private readonly machines: StageMachineRepository,
    @Inject(QUEUE) private readonly queue: StageQueue,
  ) {}

  /** Throws what the database throws; a queue that is away is null. */
  report(): Promise<Report> {
    if (this.known && Date.now() - this.known.at < FRESH_MS) return this.known.report;
    const report = this.read();
    const known = { at: Date.now(), report };
    this.known = known;
    // A failure is told to those who asked meanwhile, and kept for nobody.
    report.catch(() => {
      if (this.known === known) this.known = undefined;
    });
    return report;
  }

  private async read(): Promise<Report> {
    const { system } = this;
    const [queue, database, lastDay, results, storage, workerKinds] = await Promise.all([
      this.queueState(),
      system.version(),
      system.lastDay(),
      system.results(),
      system.storage(),
      this.machines.list(),
    ]);
    const engines = [...new Set(workerKinds.map(({ engine }) => engine))].sort();
    const versions = { coldpress: productVersion(), node: process.versions.node, database, engines };
    return { versions, queue, workerKinds, lastDay, results, storage };
  }

  private async queueState(): Promise<Report['queue']> {
    try {
      const [counts, workers] = await Promise.all([this.queue.counts(), this.queue.workers()]);
      const count = (state: string) => counts[state] ?? 0;
      return {
        backend: this.queue.backend,
        waiting: count('waiting') + count('prioritized'),
        active: count('active'),
        delayed: count('delayed'),
        blocked: count('waiting-children'),
        workers,
      };
    } catch (error) {
      if (error instanceof QueueUnavailableError) return null;
      throw error;
    }
  }
}
