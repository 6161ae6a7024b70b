import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { access, chmod, chown, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { type Binaries, makeShared, SHARED_FOLDER } from './binaries.js';
import { DataFolderError, DataFolderInUseError, PostgresStartError } from './errors.js';
import { commandOf, hasEnded, identify, isSameProcess, type ProcessIdentity } from './process-identity.js';
import { canReach, type ServerUser } from './server-user.js';

/** How long each way of asking the server to stop gets: fast shutdown, immediate shutdown, kill. */
const STOPS = [['SIGINT', 30_000], ['SIGQUIT', 10_000], ['SIGKILL', 5_000]] as const;

/**
 * What lies in `root`: the server's files in `data`, the superuser's password, and who started the server. Where the
 * server's user cannot look into `root` (a clone under /root) its files lie in /var/lib/coldpress/<hash of root> instead.
 */
export interface DataFolder {
  readonly root: string;
  readonly data: string;
  readonly password: string;
}

export async function openDataFolder(root: string, user: ServerUser | null, binaries: Binaries): Promise<DataFolder> {
  const data = await serverFolder(root, user);
  const passwordFile = join(root, 'password');
  const isNew = !(await exists(join(data, 'PG_VERSION')));
  if (isNew) await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  const password = await readFile(passwordFile, 'utf8').catch((cause: unknown) => {
    throw new DataFolderError(root, 'its file "password" cannot be read: restore it, or remove the folder to start empty', { cause });
  });
  if (isNew) await initialize(data, password, user, binaries);
  await stopLeftover(data);
  return { root, data, password };
}

/** Makes us the one living owner of the folder, made when missing; the claim of a dead process is void. Returns its real path. */
export async function claimFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  const root = await realpath(path);
  const file = join(root, 'owner.json');
  const owner = await readFile(file, 'utf8').then((text) => JSON.parse(text) as ProcessIdentity, () => null);
  if (owner && (await isSameProcess(owner))) throw new DataFolderInUseError(root, owner.pid);
  await writeFile(file, JSON.stringify(await identify(process.pid)));
  return root;
}

export async function releaseFolder(root: string): Promise<void> {
  await rm(join(root, 'owner.json'), { force: true });
}

/** Stops the server that a killed process left behind, by the id in its own lock file. */
export async function stopLeftover(data: string): Promise<void> {
  const lock = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => null);
  const pid = Number(lock?.split('\n')[0]);
  if (!pid || !(await commandOf(pid))?.includes('postgres')) return;
  for (const [signal, patienceMs] of STOPS) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await hasEnded(pid, patienceMs)) return;
  }
  throw new DataFolderError(data, `its server, process ${pid}, does not stop`);
}

async function serverFolder(root: string, user: ServerUser | null): Promise<string> {
  if (!user || (await canReach(root, user))) return join(root, 'data');
  await makeShared();
  await removeForgotten();
  const data = join(SHARED_FOLDER, createHash('sha256').update(root).digest('hex').slice(0, 16));
  await writeFile(`${data}.origin`, root);
  return data;
}

/** Removes the files of databases that lay in the system's temporary folder and are gone from there. */
async function removeForgotten(): Promise<void> {
  for (const name of await readdir(SHARED_FOLDER)) {
    if (!name.endsWith('.origin')) continue;
    const path = join(SHARED_FOLDER, name);
    const origin = await readFile(path, 'utf8');
    if (!origin.startsWith(tmpdir() + sep) || (await exists(origin))) continue;
    await rm(path.slice(0, -'.origin'.length), { recursive: true, force: true });
    await rm(path, { force: true });
  }
}

/** initdb into a folder of its own that gets its name when it is complete, so that a kill leaves no half database. */
async function initialize(data: string, password: string, user: ServerUser | null, { initdb }: Binaries): Promise<void> {
  const partial = `${data}.partial`;
  const passwordFile = `${data}.password`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (user) await Promise.all([partial, passwordFile].map((path) => chown(path, user.uid, user.gid)));
    await run(initdb, ['-D', partial, '-U', 'postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'], partial, user);
    await chmod(partial, 0o700);
    await rename(partial, data);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function run(program: string, args: readonly string[], cwd: string, user: ServerUser | null): Promise<void> {
  const child = spawn(program, args, { ...user, cwd, env: serverEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (output += piece.toString()));
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new PostgresStartError('initdb', output);
}

/** Nothing of ours leaks into the server; its messages stay in English, since we read them. */
export const serverEnvironment = (): Record<string, string> => ({ PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' });

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);
