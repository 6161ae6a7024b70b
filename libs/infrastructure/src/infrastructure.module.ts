import {
  Global,
  Inject,
  Logger,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import type { Config } from '#contracts';
import {
  connect,
  EventRepository,
  ExclusiveWork,
  LeaseRepository,
  migrate,
  QueueRecords,
  StageRepository,
  StageResultRepository,
  SweepEventRepository,
  type Database,
} from '#database';
import { openQueue, QueueFeeder, type StageQueue } from '#queue';
import { openStore, type ArtifactStore } from '#storage';
import { Logger as PinoLogger } from 'nestjs-pino';
import { logging, type LogOptions } from './logging.js';
import { REPOSITORY_PROVIDERS } from './repositories.js';
import { CONFIG, DATABASE, QUEUE, STORE } from './tokens.js';

export interface InfrastructureOptions {
  log: LogOptions;
  /** How the process sees the store; as it is unless said otherwise. */
  store?: (store: ArtifactStore) => ArtifactStore;
}

/**
 * What every process of Coldpress stands on, opened once: configuration, log, records, artifact store and queue. It is
 * global, so that Nest starts it first and ends it last: hooks of other modules find all of it open.
 */
@Global()
@Module({})
export class InfrastructureModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly log: PinoLogger,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(STORE) private readonly store: ArtifactStore,
    @Inject(QUEUE) private readonly queue: StageQueue,
    private readonly events: EventRepository,
    private readonly leases: LeaseRepository,
    private readonly stages: StageRepository,
    private readonly results: StageResultRepository,
    private readonly sweepEvents: SweepEventRepository,
  ) {}

  static with(config: Config, options: InfrastructureOptions): DynamicModule {
    const providers = [{ provide: CONFIG, useValue: config }, ...servers(config, options), ...REPOSITORY_PROVIDERS];
    return {
      module: InfrastructureModule,
      imports: [logging(config, options.log)],
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }

  /** From here on Nest's Logger writes what the process writes. */
  onModuleInit(): void {
    Logger.overrideLogger(this.log);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
    const { events, leases, stages, results, sweepEvents, store } = this;
    await Promise.all([events, leases, stages, results, sweepEvents, store].map((open) => open.close()));
    await this.database.close();
  }
}

type Provided = Extract<Provider, { provide: unknown }>;

/** The schema is brought up to date before the queue shares the database. */
function servers(config: Config, { store: seen = (store) => store }: InfrastructureOptions): Provided[] {
  return [
    {
      provide: DATABASE,
      useFactory: async () => {
        const database = connect(config.databaseUrl);
        await migrate(database);
        return database;
      },
    },
    { provide: STORE, useFactory: async () => seen(await openStore(config)) },
    { provide: QUEUE, useFactory: (_migrated: Database) => openQueue(config), inject: [DATABASE] },
    { provide: QueueFeeder, useFactory: feeder, inject: [DATABASE, QUEUE] },
  ];
}

/** Of all processes one at a time compares the queue with the records. */
function feeder(database: Database, queue: StageQueue): QueueFeeder {
  const reconciling = new ExclusiveWork(database.url, 'reconcile');
  return new QueueFeeder(new QueueRecords(database), queue, (work) => reconciling.tryRun(work));
}
