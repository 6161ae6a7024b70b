import { randomUUID } from 'node:crypto';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import type { Config } from '#contracts';
import { lossyLines } from '#process';
import { LoggerModule } from 'nestjs-pino';
import { ArtifactsModule } from './artifacts/artifacts.module.js';
import { AuthGuard } from './auth/auth.guard.js';
import { DatasetsModule } from './datasets/datasets.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { HealthModule } from './health/health.module.js';
import { LOG_SERIALIZERS } from './log-serializers.js';
import { InfrastructureModule } from './infrastructure/infrastructure.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { ModelsModule } from './models/models.module.js';
import { PassesModule } from './passes/passes.module.js';
import { HeedGuard } from './requests/heed.guard.js';
import { SchemaPipe } from './requests/schema.pipe.js';
import { ProblemFilter } from './problems/problem.filter.js';

@Module({})
export class AppModule {
  static with(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        logging(config),
        ThrottlerModule.forRoot([{ ttl: 60_000, limit: config.requestsPerMinute }]),
        InfrastructureModule.with(config),
        ArtifactsModule,
        DatasetsModule,
        DevicesModule,
        HealthModule,
        JobsModule,
        ModelsModule,
        PassesModule,
      ],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: ThrottlerGuard },
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useClass: HeedGuard },
        { provide: APP_PIPE, useClass: SchemaPipe },
      ],
    };
  }
}

/** Lines of JSON on stderr: stdout carries the ready line alone. */
function logging({ logLevel }: Config): DynamicModule {
  return LoggerModule.forRoot({
    pinoHttp: [
      {
        level: logLevel,
        genReqId: (_request, response) => {
          const id = randomUUID();
          response.setHeader('x-request-id', id);
          return id;
        },
        serializers: LOG_SERIALIZERS,
        autoLogging: { ignore: ({ url }) => url === '/health' || url === '/ready' },
      },
      lossyLines(process.stderr),
    ],
  });
}
