import {
  createPostgresBackend,
  createRedisBackend,
  runMigrations,
  withBackend,
  type BackendFactory,
  type IQueueBackend,
} from 'bullmq';
import pg from 'pg';
import { withOutspokenFlows } from './outspoken-flows.js';
import { redisIdentity } from './redis-identity.js';

export interface QueueConfig {
  /** The queue lives in Redis when there is a URL, otherwise in PostgreSQL. */
  redisUrl?: string | undefined;
  databaseUrl: string;
}

/** BullMQ's classes bound to one server, with what they share. */
export interface Backend<C = unknown> {
  name: 'postgres' | 'redis';
  classes: ReturnType<typeof withBackend<IQueueBackend, C>>;
  connection: C;
  /** Another one after the server may have lost what the queue held. */
  identity(): Promise<string>;
  close(): Promise<void>;
}

/**
 * PostgreSQL's namespace of the queue, the only one that BullMQ knows on a pool of ours; the records live in another.
 */
const SCHEMA = 'bullmq';
/** One pool for every BullMQ object of the process: a pool for each exhausts the server's connections. */
const MAX_CONNECTIONS = 12;
const CONNECT_TIMEOUT_MS = 10_000;
/**
 * A connection on which an answer is due for so long is made anew; a worker's waiting reads answer every ten seconds.
 */
const SILENCE_MS = 30_000;

/** The server finds a machine that vanished within half a minute, and frees what it held. */
const GONE = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4';

/** Throws the driver's error when the server does not answer. */
export function openBackend(config: QueueConfig): Promise<Backend> {
  return config.redisUrl === undefined ? postgres(config.databaseUrl) : redis(config.redisUrl);
}

async function postgres(connectionString: string): Promise<Backend> {
  const pool = new pg.Pool({
    connectionString,
    max: MAX_CONNECTIONS,
    options: `-c search_path=${SCHEMA} ${GONE}`,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: SILENCE_MS,
  });
  pool.setMaxListeners(0);
  // A broken idle connection is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  // So would one that breaks in the middle of a transaction, or while it listens.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const client = await pool.connect().catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  try {
    await runMigrations(client, SCHEMA);
  } finally {
    client.release();
  }
  // The table is another after a restore and another file after a truncation.
  const identity = async () => {
    const { rows } = await pool.query<{ identity: string }>(
      "select concat('postgres ', oid, ' ', relfilenode) as identity from pg_class where oid = 'job'::regclass",
    );
    return rows[0]?.identity ?? 'postgres';
  };
  return bind('postgres', createPostgresBackend, pool, identity, () => pool.end());
}

async function redis(url: string): Promise<Backend> {
  // Without a limit on retries a worker's command waits for a server that restarts, instead of failing a good job.
  return bind(
    'redis',
    createRedisBackend,
    { url, maxRetriesPerRequest: null, connectTimeout: CONNECT_TIMEOUT_MS, socketTimeout: SILENCE_MS },
    () => redisIdentity(url),
    async () => undefined,
  );
}

function bind<B extends IQueueBackend, C>(
  name: Backend['name'],
  factory: BackendFactory<B, C>,
  connection: C,
  identity: Backend['identity'],
  close: Backend['close'],
): Backend {
  const classes = withBackend<IQueueBackend, C>(withOutspokenFlows(factory));
  const backend: Backend<C> = { name, classes, connection, identity, close };
  // The connection's type is sealed in here: each class is only ever given the connection that it is bound to.
  return backend as Backend;
}
