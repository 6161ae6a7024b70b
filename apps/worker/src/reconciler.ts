import { ExclusiveWork, QueueRecords, type Database } from '#database';
import { repeat, type Repetition } from '#process';
import { QueueFeeder, type StageQueue } from '#queue';

const EVERY_MS = 15_000;

/**
 * Puts into the queue what the records say must be there: a job accepted just before a crash, or a queue that lost its
 * data. The records are written first, so nothing accepted is lost. Of all workers one at a time does it, and nobody
 * waits for it.
 */
export function startReconciler(database: Database, queue: StageQueue, onError: (error: unknown) => void): Repetition {
  const reconciling = new ExclusiveWork(database.url, 'reconcile');
  const feeder = new QueueFeeder(new QueueRecords(database), queue, (work) => reconciling.tryRun(work));
  return repeat(EVERY_MS, (signal) => feeder.reconcile(signal), onError);
}
