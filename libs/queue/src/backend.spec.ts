import pg from 'pg';
import { createTestDatabase } from '#testing';
import { openBackend } from './backend.js';

describe('the pool of the queue on PostgreSQL', () => {
  it('outlives a connection that breaks while it is in use between two queries', async () => {
    const databaseUrl = await createTestDatabase();
    const backend = await openBackend({ databaseUrl });
    const pool = backend.connection as unknown as pg.Pool;
    try {
      const client = await pool.connect();
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      const ended = new Promise((resolve) => client.once('end', resolve));
      await pool.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
      await ended;
      await expect(client.query('select 1')).rejects.toThrow();
      client.release(true);
      expect(await backend.identity()).toMatch(/^postgres /);
    } finally {
      await backend.close();
    }
  });
});
