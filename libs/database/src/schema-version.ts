import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { is } from 'drizzle-orm';
import type pg from 'pg';
import { DatabaseNewerError, DatabaseShapeError } from './errors.js';
import * as deviceSchema from './devices/device-schema.js';
import * as schema from './schema.js';
import * as sweepSchema from './sweeps/sweep-schema.js';

/** The setting that says which version has prepared the database last. */
const WRITER = 'written by';

export interface CodeVersion {
  /** Of the package. */
  version: string;
  /** When the newest migration that this code knows was made, ms. */
  newestMigration: number;
}

/**
 * Throws DatabaseNewerError when the database holds migrations that this code does not know: its tables may be others
 * by now.
 */
export async function assertNotNewer(client: pg.Client, code: CodeVersion): Promise<void> {
  if (!(await exists(client, 'drizzle.__drizzle_migrations'))) return;
  const { rows } = await client.query<{ newest: string | null }>(
    'select max(created_at)::text as newest from drizzle.__drizzle_migrations',
  );
  const newest = Number(rows[0]?.newest ?? 0);
  if (newest > code.newestMigration) throw new DatabaseNewerError(await writer(client), new Date(newest), code.version);
}

/** Throws DatabaseShapeError when a table or column that this code reads is not there, whatever the migrations say. */
export async function assertShape(client: pg.Client, code: CodeVersion): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns where table_schema = current_schema()`,
  );
  const known = new Set(rows.map(({ name }) => name));
  const missing = expectedColumns().filter((name) => !known.has(name));
  if (missing.length > 0) throw new DatabaseShapeError(missing, await writer(client), code.version);
}

/** Notes that this version has prepared the database. */
export async function noteWriter(client: pg.Client, { version }: CodeVersion): Promise<void> {
  await client.query(
    'insert into settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
    [WRITER, JSON.stringify(version)],
  );
}

/** The version that has prepared the database last; null when it is too old, or too new, to tell. */
async function writer(client: pg.Client): Promise<string | null> {
  const answer = await client
    .query<{ value: unknown }>('select value from settings where name = $1', [WRITER])
    .catch(() => null);
  const value = answer?.rows[0]?.value;
  return typeof value === 'string' ? value : null;
}

async function exists(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ found: string | null }>('select to_regclass($1)::text as found', [table]);
  return rows[0]?.found != null;
}

function expectedColumns(): string[] {
  const isTable = (value: unknown): value is PgTable => is(value, PgTable);
  const tables = Object.values<unknown>({ ...schema, ...deviceSchema, ...sweepSchema }).filter(isTable);
  return tables.flatMap((table) => {
    const { name, columns } = getTableConfig(table);
    return columns.map((column) => `${name}.${column.name}`);
  });
}
