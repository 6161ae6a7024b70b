import { sql } from 'drizzle-orm';
import { createTestDatabase } from '#testing';
import { connect, dedicatedClient, type Database } from './database.js';

describe('a connection to the records', () => {
  let database: Database;
  beforeAll(async () => {
    database = connect(await createTestDatabase());
  });
  afterAll(() => database.close());

  const SETTINGS = `select current_setting('tcp_keepalives_idle')::int + current_setting('tcp_keepalives_count')::int
    * current_setting('tcp_keepalives_interval')::int as seconds`;

  it('is found gone within half a minute when its machine vanishes, whatever it held', async () => {
    const { rows } = await database.pool.query<{ seconds: number }>(SETTINGS);
    expect(rows[0]?.seconds).toBeLessThanOrEqual(30);
    const client = await dedicatedClient(database.url);
    try {
      expect((await client.query<{ seconds: number }>(SETTINGS)).rows[0]?.seconds).toBeLessThanOrEqual(30);
    } finally {
      await client.end();
    }
  });

  it('may break in the middle of a transaction, and the process goes on', async () => {
    const inTransaction = database.orm.transaction(async (queries) => {
      const { rows } = await queries.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await database.pool.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
      await new Promise((resolve) => setImmediate(resolve));
      await queries.execute(sql`select 1`);
    });
    await expect(inTransaction).rejects.toThrow();
    await database.ping();
  });

  it('loses a transaction that stands still, with its locks', async () => {
    const { rows } = await database.pool.query<{ limit: string }>(
      `select current_setting('idle_in_transaction_session_timeout') as limit`,
    );
    expect(rows[0]?.limit).toBe('30s');
  });
});
