import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as runMigrations } from 'drizzle-orm/node-postgres/migrator';
import { dedicatedClient, type Database } from './database.js';
import { DatabaseError, DatabaseUnavailableError } from './errors.js';
import { assertNotNewer, assertShape, noteWriter, type CodeVersion } from './schema-version.js';

/** Arbitrary, but the same in every process: it serializes concurrent first starts. */
const MIGRATION_LOCK = 0x636f6c64;

/**
 * Brings the schema up to date; safe when many processes start at once. Throws DatabaseNewerError for a database that a
 * newer version has written, and DatabaseShapeError for one that lacks what this code reads, before anything is changed
 * or served.
 */
export async function migrate(database: Pick<Database, 'url'>): Promise<void> {
  const folder = migrationsFolder();
  const code = codeVersion(folder);
  const client = await dedicatedClient(database.url).catch((cause: unknown) => {
    throw new DatabaseUnavailableError('the database cannot be reached', cause);
  });
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await assertNotNewer(client, code);
    await runMigrations(drizzle(client), { migrationsFolder: folder });
    await assertShape(client, code);
    await noteWriter(client, code);
  } finally {
    // Ending the session frees the lock whatever happened.
    await client.end();
  }
}

function codeVersion(folder: string): CodeVersion {
  const journal = readFileSync(join(folder, 'meta', '_journal.json'), 'utf8');
  const { entries } = JSON.parse(journal) as { entries: { when: number }[] };
  const ownPackage = readFileSync(join(folder, '..', '..', '..', 'package.json'), 'utf8');
  const { version } = JSON.parse(ownPackage) as { version: string };
  return { version, newestMigration: Math.max(...entries.map(({ when }) => when)) };
}

/** The SQL files are not compiled: they are found from the source tree and from dist alike. */
function migrationsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'libs', 'database', 'migrations');
    if (existsSync(join(candidate, 'meta', '_journal.json'))) return candidate;
    const parent = dirname(folder);
    if (parent === folder)
      throw new DatabaseError(
        'migrations_missing',
        'libs/database/migrations is missing: install the package as a whole',
      );
    folder = parent;
  }
}
