import { Redis } from 'ioredis';
import pg from 'pg';
import { createTestDatabase, createTestRedis } from './test-servers.js';

describe('servers for tests', () => {
  it('give each caller a database of its own', async () => {
    const urls = await Promise.all([createTestDatabase(), createTestDatabase()]);
    const clients = urls.map((connectionString) => new pg.Client({ connectionString }));
    try {
      for (const client of clients) {
        await client.connect();
        await client.query('CREATE TABLE own (value int)');
      }
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it('give each caller an empty Redis database', async () => {
    const clients = [new Redis(await createTestRedis()), new Redis(await createTestRedis())] as const;
    try {
      await clients[0].set('key', 'value');
      expect(await clients[1].get('key')).toBeNull();
    } finally {
      for (const client of clients) client.disconnect();
    }
  });
});
