import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import type { Config } from '#contracts';
import {
  ApiKeyRepository,
  connect,
  DatasetRepository,
  DeviceRepository,
  EventRepository,
  IdempotencyRepository,
  JobRepository,
  migrate,
  ModelRepository,
  type Database,
} from '#database';
import { openQueue, type StageQueue } from '#queue';
import { openStore, PromptStore, type ArtifactStore } from '#storage';
import { Spool } from '../uploads/spool.js';
import { Documents } from '../untrusted/documents.js';
import { Untrusted } from '../untrusted/untrusted.js';
import { CONFIG, DATABASE, QUEUE, STORE } from './tokens.js';

const REPOSITORIES = [
  ApiKeyRepository,
  DatasetRepository,
  DeviceRepository,
  EventRepository,
  IdempotencyRepository,
  JobRepository,
  ModelRepository,
];

/** The servers behind the API, opened once: the schema is brought up to date before the queue shares the database. */
@Global()
@Module({})
export class InfrastructureModule implements OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(STORE) private readonly store: ArtifactStore,
    @Inject(QUEUE) private readonly queue: StageQueue,
    private readonly events: EventRepository,
  ) {}

  static with(config: Config): DynamicModule {
    const providers: Provider[] = [
      { provide: CONFIG, useValue: config },
      {
        provide: DATABASE,
        useFactory: async () => {
          const database = connect(config.databaseUrl);
          await migrate(database);
          return database;
        },
      },
      { provide: STORE, useFactory: async () => new PromptStore(await openStore(config)) },
      { provide: QUEUE, useFactory: (_migrated: Database) => openQueue(config), inject: [DATABASE] },
      ...REPOSITORIES.map((repository) => ({
        provide: repository,
        useFactory: (database: Database) => new repository(database),
        inject: [DATABASE],
      })),
      Documents,
      Spool,
      Untrusted,
    ];
    return {
      module: InfrastructureModule,
      providers,
      exports: providers.map((provider) => ('provide' in provider ? provider.provide : provider)),
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
    await this.events.close();
    await this.store.close();
    await this.database.close();
  }
}
