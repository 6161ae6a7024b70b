import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Logger } from '@nestjs/common';
import {
  connect,
  ExclusiveWork,
  IdempotencyRepository,
  migrate,
  StageCheckpointRepository,
  type Database,
} from '#database';
import { openStore, type ArtifactStore } from '#storage';
import { createTestDatabase } from '#testing';
import { CheckpointStore } from '../apps/worker/src/stages/checkpoint-store.js';
import { FileCache } from '../apps/worker/src/stages/file-cache.js';
import { StageFolders } from '../apps/worker/src/stages/stage-folders.js';
import { Housekeeping } from '../apps/worker/src/upkeep/housekeeping.js';

const LONG_AGO = new Date(Date.now() - 30 * 24 * 3600_000);

describe('housekeeping', () => {
  let folder: string;
  let database: Database;
  let store: ArtifactStore;
  let checkpoints: CheckpointStore;
  let house: Housekeeping;
  let warnings: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-house-'));
    database = connect(await createTestDatabase());
    await migrate(database);
    const workPath = join(folder, 'work');
    store = await openStore({ storeUrl: pathToFileURL(join(folder, 'store')).href, workPath, s3Region: 'nowhere' });
    warnings = [];
    const warn = (_error: unknown, what: string) => void warnings.push(what);
    Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn });
    const files = new FileCache({ workPath }, store);
    const folders = new StageFolders({ workPath, stageTimeoutS: 60 }, files);
    checkpoints = new CheckpointStore(new StageCheckpointRepository(database), store);
    house = new Housekeeping(files, folders, checkpoints, new IdempotencyRepository(database), store, database);
  });
  afterEach(async () => {
    await store.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A file or folder under the work path, old or new. */
  async function put(path: string, isOld: boolean): Promise<void> {
    const full = join(folder, 'work', path);
    await mkdir(join(full, '..'), { recursive: true });
    await (path.startsWith('stages') ? mkdir(full) : writeFile(full, path));
    if (isOld) await utimes(full, LONG_AGO, LONG_AGO);
  }

  async function key(name: string, createdAt: Date): Promise<void> {
    await database.pool.query('insert into idempotency_keys (key, request_digest, created_at) values ($1, $1, $2)', [
      name,
      createdAt,
    ]);
  }

  const keys = async () =>
    (await database.pool.query<{ key: string }>('select key from idempotency_keys')).rows.map((row) => row.key);

  it('removes what nobody will ask for again, and nothing else', async () => {
    for (const name of ['cache/old', 'stages/old']) await put(name, true);
    for (const name of ['cache/new', 'stages/new']) await put(name, false);
    await key('old', LONG_AGO);
    await key('new', new Date());
    const checkpoint = join(folder, 'checkpoint');
    for (const name of ['old', 'new']) {
      await writeFile(checkpoint, name);
      await checkpoints.keep(name, checkpoint);
    }
    await database.pool.query(`update stage_checkpoints set created_at = $1 where key = 'old'`, [LONG_AGO]);
    await house.round();
    expect(await readdir(join(folder, 'work', 'cache'))).toEqual(['new']);
    expect(await readdir(join(folder, 'work', 'stages'))).toEqual(['new']);
    expect(await keys()).toEqual(['new']);
    expect((await database.pool.query('select key from stage_checkpoints')).rows).toEqual([{ key: 'new' }]);
    expect(warnings).toEqual([]);
  });

  it('goes on where something cannot be removed', async () => {
    await mkdir(join(folder, 'work'), { recursive: true });
    await writeFile(join(folder, 'work', 'cache'), 'not a folder');
    await key('old', LONG_AGO);
    await house.round();
    expect(warnings).toEqual(['cannot sweep the file cache']);
    expect(await keys()).toEqual([]);
  });

  it('leaves what is everybody’s to the worker that is at it', async () => {
    await key('old', LONG_AGO);
    await new ExclusiveWork(database.url, 'housekeeping').tryRun(() => house.round());
    expect(await keys()).toEqual(['old']);
  });
});
