import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { DatabaseUnavailableError } from './errors.js';
import * as schema from './schema.js';

export type Queries = Pick<NodePgDatabase<typeof schema>, 'select' | 'insert' | 'update' | 'delete' | 'execute'>;

/** A process's one pool of connections to the records, shared by every repository. */
export interface Database {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly orm: NodePgDatabase<typeof schema>;
  /** Throws DatabaseUnavailableError when the server does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;

/** Opens the pool; no connection is made before the first query. */
export function connect(databaseUrl: string): Database {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: MAX_CONNECTIONS, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  let closing: Promise<void> | undefined;
  return {
    url: databaseUrl,
    pool,
    orm: drizzle(pool, { schema }),
    ping: async () => {
      try {
        await pool.query('select 1');
      } catch (cause) {
        throw new DatabaseUnavailableError('the database does not answer', cause);
      }
    },
    close: () => (closing ??= pool.end()),
  };
}

/** A connection outside the pool, for locks and notifications that hold it for long. */
export async function dedicatedClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
