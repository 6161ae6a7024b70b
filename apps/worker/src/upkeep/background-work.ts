import {
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { repeat, type Repetition } from '#process';

/**
 * Work that is done again and again while the application runs; nothing waits for it but the end: a round under way is
 * told by its signal and ends before the servers are closed.
 */
export abstract class BackgroundWork implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  protected readonly logger = new Logger(this.constructor.name);
  private repetition: Repetition | undefined;
  private ended: Promise<void> | undefined;

  /** Pause between two rounds in milliseconds. */
  protected abstract readonly everyMs: number;
  /** What the log says of a round that failed; the next one follows all the same. */
  protected abstract readonly failure: string;

  abstract round(signal: AbortSignal): Promise<unknown>;

  onApplicationBootstrap(): void {
    const onError = (error: unknown) => this.logger.warn({ err: error }, this.failure);
    this.repetition = repeat(this.everyMs, (signal) => this.round(signal), onError);
  }

  onModuleDestroy(): void {
    this.ended = this.repetition?.stop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.ended;
  }
}
