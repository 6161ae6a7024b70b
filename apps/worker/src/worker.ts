import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '#contracts';
import {
  connect,
  DatasetRepository,
  DeviceRepository,
  EventRepository,
  JobRepository,
  migrate,
  StageCheckpointRepository,
  StageRepository,
  StageResultRepository,
} from '#database';
import { ProcessPool, stageModulePath } from '#process';
import { openQueue } from '#queue';
import { openStore } from '#storage';
import type { Logger } from 'pino';
import { startHousekeeping } from './housekeeping.js';
import { startReconciler } from './reconciler.js';
import { localDevice, MACHINE, stageRuntime } from './runtime.js';
import { FileCache } from './stages/file-cache.js';
import { JobFinisher } from './stages/job-finisher.js';
import { ResultCache } from './stages/result-cache.js';
import { CheckpointStore } from './stages/checkpoint-store.js';
import { StageRunner } from './stages/stage-runner.js';
import { TransferSizes } from './stages/transfer-sizes.js';

export interface RunningWorker {
  /** Stops taking stages, gives back the running ones, and closes everything. */
  stop(): Promise<void>;
}

/** Opens everything a worker needs and starts taking stages. */
export async function startWorker(config: Config, log: Logger): Promise<RunningWorker> {
  await mkdir(config.workPath, { recursive: true });
  const database = connect(config.databaseUrl);
  await migrate(database);
  const [store, queue] = await Promise.all([openStore(config), openQueue(config)]);
  const [jobs, stages, events] = [
    new JobRepository(database),
    new StageRepository(database),
    new EventRepository(database),
  ];
  const files = new FileCache(join(config.workPath, 'cache'), store);
  const pool = new ProcessPool({
    modulePath: stageModulePath(),
    memoryMb: config.stageMemoryMb,
    timeoutMs: config.stageTimeoutS * 1000,
    spares: 1,
  });
  const results = new StageResultRepository(database);
  const checkpoints = new CheckpointStore(new StageCheckpointRepository(database), store);
  const onWarning = (error: unknown, what: string) => log.warn({ err: error }, what);
  const sizes = new TransferSizes({ files, stages, results, onWarning });
  const shared = { config, jobs, stages, store, files, pool, sizes };
  const runner = new StageRunner({
    ...shared,
    events,
    datasets: new DatasetRepository(database),
    results: new ResultCache(results, store),
    checkpoints,
    onWarning,
    runtime: stageRuntime(config),
    machine: MACHINE,
  });
  const finisher = new JobFinisher(shared);

  await new DeviceRepository(database).enrol(localDevice().name, localDevice().facts);
  const shutdown = new AbortController();
  const worker = queue.worker(
    {
      stage: (payload, attempt) => runner.run(payload, attempt, shutdown.signal),
      finish: (payload, attempt) => finisher.run(payload, attempt),
    },
    { concurrency: config.concurrency, lockMs: config.lockMs, onError: (error) => log.warn({ err: error }, 'queue') },
  );
  const reconciler = startReconciler(database, queue, (error) => log.warn({ err: error }, 'cannot reconcile'));

  const housekeeping = startHousekeeping({ config, database, files, checkpoints, store, onWarning });

  return {
    stop: async () => {
      shutdown.abort();
      // A round is short, and worth its end: stages do not wait for it.
      const house = housekeeping.stop();
      await reconciler.stop();
      await worker.close();
      await pool.close();
      await sizes.close();
      await queue.close();
      await house;
      await Promise.all([stages.close(), events.close(), results.close(), store.close()]);
      await database.close();
    },
  };
}
