import {
  ApiKeyRepository,
  BenchmarkRepository,
  DatasetRepository,
  DeviceRepository,
  EventRepository,
  IdempotencyRepository,
  JobRepository,
  LeaseRepository,
  LineageRepository,
  ModelRepository,
  StageCheckpointRepository,
  StageMachineRepository,
  StageRepository,
  StageResultRepository,
  SweepEventRepository,
  SweepRepository,
  SweepSessions,
  SystemRepository,
  TrialRepository,
  type Database,
} from '#database';
import type { FactoryProvider, Type } from '@nestjs/common';
import { DATABASE } from './tokens.js';

/** What API and worker write and read; none takes a connection before its first use. */
const REPOSITORIES: Type<unknown>[] = [
  ApiKeyRepository,
  BenchmarkRepository,
  DatasetRepository,
  DeviceRepository,
  EventRepository,
  IdempotencyRepository,
  JobRepository,
  LeaseRepository,
  LineageRepository,
  ModelRepository,
  StageCheckpointRepository,
  StageMachineRepository,
  StageRepository,
  StageResultRepository,
  SweepEventRepository,
  SweepRepository,
  SweepSessions,
  SystemRepository,
  TrialRepository,
];

/** Each repository over the process's one database, to be injected by its class. */
export const REPOSITORY_PROVIDERS: FactoryProvider[] = REPOSITORIES.map((repository) => ({
  provide: repository,
  useFactory: (database: Database) => new repository(database),
  inject: [DATABASE],
}));
