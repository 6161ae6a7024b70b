import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Inject, Injectable, Module, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { parseConfig, type Config } from '#contracts';
import { JobRepository, type Database } from '#database';
import { QueueFeeder, type StageQueue } from '#queue';
import type { ArtifactStore } from '#storage';
import { createTestDatabase } from '#testing';
import { CONFIG, DATABASE, InfrastructureModule, QUEUE, STORE } from './index.js';

/** Asks every server while the application ends. */
@Injectable()
class LateUser implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly answers: string[] = [];

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(STORE) private readonly store: ArtifactStore,
    @Inject(QUEUE) private readonly queue: StageQueue,
    private readonly jobs: JobRepository,
  ) {}

  beforeApplicationShutdown(): Promise<void> {
    return this.ask('before');
  }

  onApplicationShutdown(): Promise<void> {
    return this.ask('at the end');
  }

  private async ask(when: string): Promise<void> {
    await Promise.all([this.database.ping(), this.store.stat('0'.repeat(64)), this.queue.counts()]);
    await this.jobs.list({ limit: 1 });
    this.answers.push(when);
  }
}

@Module({ providers: [LateUser] })
class FeatureModule {}

@Module({ imports: [FeatureModule] })
class RootModule {}

describe('the infrastructure', () => {
  let folder: string;
  let config: Config;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-infrastructure-'));
    config = parseConfig({
      COLDPRESS_DATABASE_URL: await createTestDatabase(),
      COLDPRESS_STORE_URL: pathToFileURL(join(folder, 'store')).href,
      COLDPRESS_WORK_PATH: join(folder, 'work'),
    });
  });
  // A store that opens while the database fails to may still write.
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));

  function open(store?: (store: ArtifactStore) => ArtifactStore) {
    const infrastructure = InfrastructureModule.with(config, { log: { name: 'a test' }, ...(store && { store }) });
    const module = { module: RootModule, imports: [infrastructure] };
    return NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  }

  it('is open to every module until all of them have ended, and closed then', async () => {
    const app = await open();
    const [user, database] = [app.get(LateUser), app.get<Database>(DATABASE)];
    await app.close();
    expect(user.answers).toEqual(['before', 'at the end']);
    await expect(database.ping()).rejects.toThrow('does not answer');
  });

  it('hands out one configuration, one feeder of the queue, and the store as the process sees it', async () => {
    const seen: ArtifactStore[] = [];
    const app = await open((store) => (seen.push(store), store));
    expect(app.get(CONFIG)).toBe(config);
    expect(app.get(QueueFeeder)).toBeInstanceOf(QueueFeeder);
    expect([app.get(STORE)]).toEqual(seen);
    await app.close();
  });

  it('does not start without its database', async () => {
    config = { ...config, databaseUrl: 'postgres://127.0.0.1:1/nowhere' };
    await expect(open()).rejects.toThrow();
  });
});
