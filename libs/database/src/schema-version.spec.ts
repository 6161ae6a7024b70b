import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestDatabase } from '#testing';
import pg from 'pg';
import { ApiKeyRepository } from './api-key-repository.js';
import { connect } from './database.js';
import { DatabaseNewerError, DatabaseShapeError } from './errors.js';
import { migrate } from './migrate.js';

const MIGRATIONS = join(__dirname, '../migrations');

/** Runs statements on a database of its own. */
async function prepared(...statements: string[]): Promise<string> {
  const url = await createTestDatabase();
  await run(url, statements);
  return url;
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

describe('a database of another version', () => {
  it('that is newer is refused by the name of the version that wrote it, and stays as it is', async () => {
    const url = await prepared();
    await migrate({ url });
    await run(url, [
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', ${Date.now() + 1e12})`,
      `update settings set value = '"7.8.9"' where name = 'written by'`,
      'alter table jobs rename column name to title',
    ]);
    const refused = migrate({ url });
    await expect(refused).rejects.toThrow(DatabaseNewerError);
    await expect(refused).rejects.toThrow(/written by version 7\.8\.9 of Coldpress, which is newer/);
  });

  it('whose columns changed without a migration is refused by their names', async () => {
    const url = await prepared();
    await migrate({ url });
    await run(url, ['alter table jobs rename column name to title']);
    await expect(migrate({ url })).rejects.toThrow(DatabaseShapeError);
    await expect(migrate({ url })).rejects.toThrow(/lacks jobs\.name/);
  });

  it('that is older is brought up to date with its rows', async () => {
    const first = (await readFile(join(MIGRATIONS, '0000_first.sql'), 'utf8')).split('--> statement-breakpoint');
    const { entries } = JSON.parse(await readFile(join(MIGRATIONS, 'meta/_journal.json'), 'utf8')) as {
      entries: { when: number }[];
    };
    const url = await prepared(
      ...first,
      'create schema drizzle',
      'create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)',
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('first', ${entries[0]?.when})`,
      `insert into idempotency_keys (key, request_digest) values ('k', 'd')`,
      `insert into models (id, name, bytes, inspection) values ('m', 'net', 1, '{}')`,
      `insert into jobs (id, model_id, recipe, preflight) values (gen_random_uuid(), 'm', '{}', '{}')`,
    );
    await Promise.all([migrate({ url }), migrate({ url })]);
    const database = connect(url);
    expect((await database.pool.query('select enqueued from jobs')).rows).toEqual([{ enqueued: false }]);
    expect((await database.pool.query(`select value from settings where name = 'written by'`)).rows).toEqual([
      { value: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown },
    ]);
    await database.close();
  });
});

describe('the last use of an API key', () => {
  it('is written once for many requests within a minute', async () => {
    const database = connect(await createTestDatabase());
    await migrate(database);
    const keys = new ApiKeyRepository(database);
    const { key, id } = await keys.create('one');
    const version = async () =>
      (
        await database.pool.query<{ row: string; used: Date | null }>(
          'select xmin::text as row, last_used_at as used from api_keys where id = $1',
          [id],
        )
      ).rows[0];
    await keys.verify(key);
    while ((await version())?.used === null);
    const before = await version();
    for (let times = 0; times < 20; times++) expect(await keys.verify(key)).toMatchObject({ id });
    expect(await version()).toEqual(before);
    await database.pool.query(`update api_keys set last_used_at = now() - interval '2 minutes'`);
    await keys.verify(key);
    while (((await version())?.used?.getTime() ?? 0) < Date.now() - 60_000);
    await database.close();
  });
});
