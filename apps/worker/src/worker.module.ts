import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '#contracts';
import { InfrastructureModule } from '#infrastructure';
import { JobsModule } from './jobs/jobs.module.js';
import { QueueModule } from './queue/queue.module.js';
import { StagesModule } from './stages/stages.module.js';
import { SweepsModule } from './sweeps/sweeps.module.js';
import { UpkeepModule } from './upkeep/upkeep.module.js';

@Module({ imports: [JobsModule, QueueModule, StagesModule, SweepsModule, UpkeepModule] })
export class WorkerModule {
  /** The features over the servers that the configuration names. */
  static with(config: Config): DynamicModule {
    return { module: WorkerModule, imports: [InfrastructureModule.with(config, { log: { name: 'worker' } })] };
  }
}
