import type { Duplex } from 'node:stream';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { DatabaseUnavailableError } from './errors.js';
import * as schema from './schema.js';

export type Queries = Pick<
  NodePgDatabase<typeof schema>,
  'select' | 'selectDistinctOn' | 'insert' | 'update' | 'delete' | 'execute'
>;

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
const CONNECT_TIMEOUT_MS = 5_000;
/** No query of ours takes seconds: a server that does not answer by then is as good as away. */
export const QUERY_TIMEOUT_MS = 10_000;
/** The server gives up a little earlier than we do, so that nothing runs on unheard. */
const STATEMENT_TIMEOUT_MS = 8_000;
/** A transaction whose process stands still holds its rows no longer. */
const IDLE_TRANSACTION_MS = 30_000;

/**
 * A machine that vanishes says no goodbye: the server finds it gone within half a minute, not after two hours, and
 * frees the rows and locks that it held, for others to take over.
 */
const GONE = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4';

/** Opens the pool; no connection is made before the first query. */
export function connect(databaseUrl: string): Database {
  const bounds = {
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    options: GONE,
  };
  const pool = new pg.Pool({ connectionString: databaseUrl, max: MAX_CONNECTIONS, keepAlive: true, ...bounds });
  pool.on('connect', breakWhenLate);
  // A connection that breaks fails its queries; between two of a transaction nobody else would hear of it.
  pool.on('connect', (client) => client.on('error', () => undefined));
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
export async function dedicatedClient(url: string, settings: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    options: GONE,
    ...settings,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/**
 * Ends a connection whose answer did not come in time. The driver would put it back into the pool, where the next query
 * waits behind the one that was given up.
 */
function breakWhenLate(client: pg.PoolClient): void {
  const ask = client.query.bind(client) as (...query: unknown[]) => unknown;
  const { connection } = client as unknown as { connection: { stream: Duplex } };
  Object.assign(client, {
    query: (...query: unknown[]) => {
      const answer = ask(...query);
      if (answer instanceof Promise)
        answer.catch((error: unknown) => void (isLate(error) && connection.stream.destroy()));
      return answer;
    },
  });
}

const isLate = (error: unknown): boolean => error instanceof Error && error.message === 'Query read timeout';
