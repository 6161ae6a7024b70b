import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '#contracts';
import type { Logger } from 'pino';
import { startWorker, type RunningWorker } from './worker.js';

const WORKER = Symbol('worker');

/** Starts with the application and stops before it: Nest owns the signals, the worker owns the order of things. */
@Module({})
export class WorkerModule implements OnApplicationShutdown {
  constructor(@Inject(WORKER) private readonly worker: RunningWorker) {}

  static with(config: Config, log: Logger): DynamicModule {
    return { module: WorkerModule, providers: [{ provide: WORKER, useFactory: () => startWorker(config, log) }] };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.worker.stop();
  }
}
