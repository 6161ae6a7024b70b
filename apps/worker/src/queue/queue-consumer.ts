import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Config } from '#contracts';
import { CONFIG, QUEUE } from '#infrastructure';
import type { Handlers, RunningWorker, StageQueue } from '#queue';
import { PROCESSORS } from './processors.js';

/** Takes jobs from the queue once every module is ready, and gives back those that run before any module ends. */
@Injectable()
export class QueueConsumer implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(QueueConsumer.name);
  private worker: RunningWorker | undefined;
  private closed: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(QUEUE) private readonly queue: StageQueue,
    private readonly modules: ModuleRef,
  ) {}

  onApplicationBootstrap(): void {
    const { concurrency, lockMs } = this.config;
    const onError = (error: Error) => this.logger.warn({ err: error }, 'queue');
    this.worker = this.queue.worker(this.handlers(), { concurrency, lockMs, onError });
  }

  onModuleDestroy(): void {
    this.closed = this.worker?.close();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.closed;
  }

  /** Throws Nest's UnknownElementException when a processor is no provider of any module. */
  private handlers(): Handlers {
    const handlers = Object.entries(PROCESSORS).map(([name, type]) => {
      const processor = this.modules.get(type, { strict: false });
      return [name, processor.process.bind(processor)];
    });
    return Object.fromEntries(handlers) as Handlers;
  }
}
