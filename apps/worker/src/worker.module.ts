import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '#contracts';
import { InfrastructureModule } from '#infrastructure';
import { JobEndModule } from './jobs/job-end.module.js';
import { QueueModule } from './queue/queue.module.js';
import { StagesModule } from './stages/stages.module.js';
import { SweepDriverModule } from './sweeps/sweep-driver.module.js';
import { UpkeepModule } from './upkeep/upkeep.module.js';

@Module({ imports: [JobEndModule, QueueModule, StagesModule, SweepDriverModule, UpkeepModule] })
export class WorkerModule {
  /** The features over the servers that the configuration names. */
  static with(config: Config): DynamicModule {
    return { module: WorkerModule, imports: [InfrastructureModule.with(config, { log: { name: 'worker' } })] };
  }
}
