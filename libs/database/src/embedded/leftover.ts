import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataFolderError } from './errors.js';
import { folderIdentity } from './folder-claim.js';
import { commandOf, hasProcessEnded } from './process-identity.js';

/**
 * How long each way of asking the server to stop gets: fast shutdown, immediate shutdown, kill. A server that is asked
 * during its recovery may hang in the first; the second loses nothing either.
 */
const STOPS = [
  ['SIGINT', 10_000],
  ['SIGQUIT', 10_000],
  ['SIGKILL', 5_000],
] as const;

/**
 * Stops the server that a killed process left behind, by the id in its own lock file. In a copied folder that file
 * speaks of the server of the original, which is left alone: the file goes.
 */
export async function stopLeftover(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const lock = (await readFile(file, 'utf8').catch(() => null))?.split('\n');
  if (!lock) return;
  const pid = Number(lock[0]);
  if (!pid || !(await isServerOf(pid, data, lock[1]))) return rm(file, { force: true });
  for (const [signal, patienceMs] of STOPS) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await hasProcessEnded(pid, patienceMs)) return;
  }
  throw new DataFolderError(data, `its server, process ${pid}, does not stop`);
}

/** A server works in its folder; where the system does not tell, the path in its lock file has to do. */
async function isServerOf(pid: number, data: string, named: string | undefined): Promise<boolean> {
  if (!(await commandOf(pid))?.includes('postgres')) return false;
  if (process.platform !== 'linux') return named === data;
  const folder = await folderIdentity(`/proc/${pid}/cwd`).catch(() => null);
  return folder === (await folderIdentity(data));
}
