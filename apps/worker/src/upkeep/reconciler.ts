import { Injectable } from '@nestjs/common';
import { QueueFeeder } from '#queue';
import { BackgroundWork } from './background-work.js';

/**
 * Puts into the queue what the records say must be there: a job accepted just before a crash, or a queue that lost its
 * data. The records are written first, so nothing accepted is lost. Of all workers one at a time does it, and nobody
 * waits for it.
 */
@Injectable()
export class Reconciler extends BackgroundWork {
  protected readonly everyMs = 15_000;
  protected readonly failure = 'cannot reconcile';

  constructor(private readonly feeder: QueueFeeder) {
    super();
  }

  round(signal: AbortSignal): Promise<boolean> {
    return this.feeder.reconcile(signal);
  }
}
