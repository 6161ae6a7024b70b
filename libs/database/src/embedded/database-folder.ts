import { spawn, type StdioOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, lchown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.js';
import { bringHome, strayPlaces } from './earlier-place.js';
import { DataFolderError, PostgresStartError } from './errors.js';
import { exists } from './exists.js';
import { Handover } from './handover.js';
import { stopLeftover } from './leftover.js';
import type { ServerUser } from './server-user.js';

/**
 * All of a database lies in `root`: the server's files in `data`, the superuser's password, and who started the server.
 */
export interface DatabaseFolder {
  readonly root: string;
  readonly data: string;
  readonly password: string;
}

/** Opens the database in the folder, or makes one in a folder that has none. Throws EmbeddedPostgresError. */
export async function openDataFolder(
  root: string,
  user: ServerUser | null,
  binaries: Binaries,
  signal: AbortSignal,
): Promise<DatabaseFolder> {
  const data = join(root, 'data');
  const known = await readPassword(root);
  if (known !== null && user && !(await exists(data))) await bringHome(root, data);
  if (await exists(data)) {
    await takeOwnership(data, user);
    if (!(await exists(join(data, 'PG_VERSION')))) throw await lostDatabase(root, data);
    if (known === null)
      throw new DataFolderError(
        root,
        'its file "password" is missing: restore it, or remove the folder to start empty',
      );
    await stopLeftover(data);
    return { root, data, password: known };
  }
  if (known !== null && !(await exists(partialOf(data)))) throw await lostDatabase(root, data);
  return { root, data, password: await initialize(root, data, { user, binaries, signal }) };
}

async function readPassword(root: string): Promise<string | null> {
  return readFile(join(root, 'password'), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw new DataFolderError(root, 'its file "password" cannot be read: start as the user whose folder it is', {
      cause,
    });
  });
}

/**
 * A folder that was copied in part, or whose database an earlier version kept elsewhere. An empty server in its place
 * would look like lost jobs.
 */
async function lostDatabase(root: string, data: string): Promise<DataFolderError> {
  const stray = await strayPlaces();
  const places = stray.map(({ place, origin }) => `${place} (that of ${origin})`).join(' or ');
  const hint =
    stray.length === 0 ? 'restore it from a backup' : `an earlier version may have kept it in ${places}: move it there`;
  return new DataFolderError(root, `its database is missing (${data}): ${hint}, or remove the folder to start empty`);
}

/**
 * A copy made by root belongs to root, and the server runs as another user; it also insists on a folder that only its
 * user can enter.
 */
async function takeOwnership(data: string, user: ServerUser | null): Promise<void> {
  const { uid, mode } = await stat(data);
  if (user && uid !== user.uid) await chownAll(data, user);
  const own = process.getuid?.();
  if (!user && own !== undefined && uid !== own)
    throw new DataFolderError(
      data,
      `it belongs to the user ${uid}, not to you (${own}): start as that user, or make the folder yours with chown -R`,
    );
  if ((mode & 0o777) !== 0o700) await chmod(data, 0o700);
}

async function chownAll(folder: string, user: ServerUser): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await chownAll(path, user);
    else await lchown(path, user.uid, user.gid);
  }
  // Last, so that a start that was killed meanwhile begins again.
  await chown(folder, user.uid, user.gid);
}

interface Initialization {
  user: ServerUser | null;
  binaries: Binaries;
  signal: AbortSignal;
}

const partialOf = (data: string): string => `${data}.partial`;

/**
 * initdb into a folder of its own that gets its name when it is complete: a kill leaves no half database, and the next
 * start knows why.
 */
async function initialize(root: string, data: string, how: Initialization): Promise<string> {
  const { user, binaries } = how;
  const partial = partialOf(data);
  const passwordFile = `${data}.password`;
  const password = randomBytes(24).toString('base64url');
  // First of all: a password without a database, complete or not, would look like a lost one if we were killed now.
  await rm(join(root, 'password'), { force: true });
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  await writeFile(join(root, 'password'), password, { mode: 0o600 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  const handover = new Handover(user);
  try {
    if (user) await Promise.all([partial, passwordFile].map((path) => chown(path, user.uid, user.gid)));
    const [folder, pwfile] = [await handover.pathOf(partial), await handover.pathOf(passwordFile)];
    const login = ['-U', 'postgres', `--pwfile=${pwfile}`, '--auth=scram-sha-256'];
    const args = ['-D', folder, ...login, '--encoding=UTF8', '--locale=C'];
    await run(binaries.initdb, args, partial, how, handover);
    await chmod(partial, 0o700);
    await rename(partial, data);
  } finally {
    await handover.close();
    await rm(passwordFile, { force: true });
  }
  return password;
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  { user, signal }: Initialization,
  { descriptors }: Handover,
): Promise<void> {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'ignore', ...descriptors];
  const child = spawn(program, args, { ...user, cwd, signal, env: serverEnvironment(), stdio });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (piece: Buffer) => (output += piece.toString()));
  // A start that is called off fails once the program has ended, not when it is told to: nothing is left behind.
  const { code, failure } = await new Promise<{ code: number | null; failure?: Error }>((resolve) => {
    let failed = {};
    child.once('error', (failure) => (failed = { failure })).once('close', (code) => resolve({ code, ...failed }));
  });
  if (failure) throw failure;
  if (code !== 0) throw new PostgresStartError('initdb', output);
}

/** Nothing of ours leaks into the server; its messages stay in English, since we read them. */
export const serverEnvironment = (): Record<string, string> => ({ PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' });
