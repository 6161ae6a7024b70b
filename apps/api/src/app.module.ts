import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import type { Config } from '#contracts';
import { CONFIG, InfrastructureModule } from '#infrastructure';
import { PromptStore } from '#storage';
import { ArtifactsModule } from './artifacts/artifacts.module.js';
import { AuthGuard } from './auth/auth.guard.js';
import { DatasetsModule } from './datasets/datasets.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { HealthModule } from './health/health.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { KeysModule } from './keys/keys.module.js';
import { ModelsModule } from './models/models.module.js';
import { PassesModule } from './passes/passes.module.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { REQUEST_LOG } from './request-log.js';
import { HeedGuard } from './requests/heed.guard.js';
import { SchemaPipe } from './requests/schema.pipe.js';
import { SweepsModule } from './sweeps/sweeps.module.js';
import { SystemModule } from './system/system.module.js';

/** Requests of one address to one route are counted by the minute. */
const limits = ThrottlerModule.forRootAsync({
  inject: [CONFIG],
  useFactory: ({ requestsPerMinute }: Config) => [{ ttl: 60_000, limit: requestsPerMinute }],
});

@Module({
  imports: [
    limits,
    ArtifactsModule,
    DatasetsModule,
    DevicesModule,
    HealthModule,
    JobsModule,
    KeysModule,
    ModelsModule,
    PassesModule,
    SweepsModule,
    SystemModule,
  ],
  providers: [
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: ThrottlerGuard },
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: HeedGuard },
    { provide: APP_PIPE, useClass: SchemaPipe },
  ],
})
export class AppModule {
  /** The features over the servers that the configuration names; clients do not wait long for the store. */
  static with(config: Config): DynamicModule {
    const infrastructure = InfrastructureModule.with(config, {
      log: REQUEST_LOG,
      store: (store) => new PromptStore(store),
    });
    return { module: AppModule, imports: [infrastructure] };
  }
}
