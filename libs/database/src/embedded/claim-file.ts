import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { claimOf, isClaimed, type FolderClaim } from './folder-claim.js';

/** Removing the claim of a dead process takes a moment; who is at it for longer hangs. */
const CLEARING_MS = 5000;
const LOOK_MS = 20;

/**
 * A file in a folder that names the one process which holds the folder. Of many processes that find the claim of a dead
 * one at the same time, one gets it.
 */
export class ClaimFile {
  private constructor(
    private readonly path: string,
    private readonly text: string,
  ) {}

  /** Takes the file for this process, or says which living process has it. */
  static async take(path: string): Promise<ClaimFile | FolderClaim> {
    return take(path, dirname(path));
  }

  /** Removes the file where it is still ours. */
  async release(): Promise<void> {
    if ((await read(this.path)) === this.text) await rm(this.path, { force: true });
  }

  /** The file appears with its content at once: it is written beside and linked into place. */
  static async create(path: string, folder: string): Promise<ClaimFile | null> {
    const draft = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}`);
    const text = JSON.stringify(await claimOf(folder));
    try {
      await writeFile(draft, text);
      await link(draft, path);
      return new ClaimFile(path, text);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }
}

async function take(path: string, folder: string): Promise<ClaimFile | FolderClaim> {
  for (const deadline = performance.now() + CLEARING_MS; ;) {
    const own = await ClaimFile.create(path, folder);
    if (own) return own;
    const text = await read(path);
    if (text === null) continue;
    const holder = parse(text);
    if (holder && (await isClaimed(holder, folder))) return holder;
    const clearing = await clear(path, text, folder);
    if (clearing && performance.now() > deadline) return clearing;
    if (clearing) await wait(LOOK_MS);
  }
}

/**
 * Removes the claim of a dead process. Whoever does holds a file that is named after that claim and looks again: the
 * claim of a process that came first meanwhile is another, and stays. Returns who is at it already.
 */
async function clear(path: string, text: string, folder: string): Promise<FolderClaim | null> {
  const name = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const turn = await take(`${path}.${name}`, folder);
  if (!(turn instanceof ClaimFile)) return turn;
  try {
    if ((await read(path)) === text) await rm(path, { force: true });
    return null;
  } finally {
    await turn.release();
  }
}

/** Null where there is no such file. */
async function read(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

function parse(text: string): FolderClaim | null {
  try {
    return JSON.parse(text) as FolderClaim;
  } catch {
    return null;
  }
}
