import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '#contracts';
import { CONFIG } from '#infrastructure';
import { ProcessPool, stageModulePath } from '#process';

/** Processes for stages, each with the memory and the time that a stage may take; one waits ready. */
@Injectable()
export class StagePool extends ProcessPool implements OnApplicationShutdown {
  constructor(@Inject(CONFIG) { stageMemoryMb, stageTimeoutS }: Config) {
    const settings = { memoryMb: stageMemoryMb, timeoutMs: stageTimeoutS * 1000, spares: 1 };
    super({ modulePath: stageModulePath(), ...settings });
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }
}
