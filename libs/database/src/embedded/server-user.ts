import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user that the server runs as, where it is not our own. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. Root starts it as `postgres`, made as a system user where there is none, or as
 * `nobody` on systems without useradd; anyone else runs it as themselves, which is null.
 */
export async function serverUser(): Promise<ServerUser | null> {
  if (process.getuid?.() !== 0) return null;
  const found = await identity('postgres');
  if (found) return found;
  await run('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    'postgres',
  ]).catch(() => null);
  return (await identity('postgres')) ?? (await identity('nobody'));
}

async function identity(name: string): Promise<ServerUser | null> {
  try {
    const numberOf = async (flag: string) => Number((await run('id', [flag, name])).stdout);
    const [uid, gid] = await Promise.all(['-u', '-g'].map(numberOf));
    return uid === undefined || gid === undefined ? null : { uid, gid };
  } catch {
    return null;
  }
}

/**
 * Whether the user may walk through the folder and all above it. A path that is not there yet is judged by its parents.
 */
export async function canReach(folder: string, user: ServerUser): Promise<boolean> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await stat(path).catch(() => null);
    if (found && !(found.mode & executeBit(found, user))) return false;
    if (path === dirname(path)) return true;
  }
}

function executeBit(found: { uid: number; gid: number }, user: ServerUser): number {
  if (found.uid === user.uid) return 0o100;
  return found.gid === user.gid ? 0o010 : 0o001;
}
