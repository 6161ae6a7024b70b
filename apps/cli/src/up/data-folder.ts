import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KEY_FILE, SERVER_FILE } from '../connection.js';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

const LOCK_FILE = 'lock';

/** The folder in which a local server keeps everything; one server at a time holds it. */
export class DataFolder {
  private constructor(readonly path: string) {}

  /**
   * Takes the folder for this process. The lock of a server that was killed is taken over; throws CliError while
   * another one runs.
   */
  static async take(path: string): Promise<DataFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const folder = new DataFolder(path);
    for (;;) {
      if (await folder.createLock()) return folder;
      const holder = await folder.holder();
      if (holder !== null && (await isSameProcess(holder))) {
        throw new CliError(`a server of ${path} runs already (process ${holder.pid}): use it, stop it, or choose another folder with --data`, EXIT.failed, 'already_running');
      }
      await rm(folder.file(LOCK_FILE), { force: true });
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  get keyFile(): string {
    return this.file(KEY_FILE);
  }

  async apiKey(): Promise<string> {
    return (await readFile(this.keyFile, 'utf8')).trim();
  }

  /** Writes where the server listens, for the other commands. */
  async publish(url: string): Promise<void> {
    await writeFile(this.file(SERVER_FILE), JSON.stringify({ url, pid: process.pid }));
  }

  async release(): Promise<void> {
    await rm(this.file(SERVER_FILE), { force: true });
    await rm(this.file(LOCK_FILE), { force: true });
  }

  /** The lock appears with its content at once: it is written beside and linked into place. */
  private async createLock(): Promise<boolean> {
    const holder: Holder = { pid: process.pid, startedAt: await startTime(process.pid) };
    const draft = this.file(`${LOCK_FILE}.${process.pid}`);
    await writeFile(draft, JSON.stringify(holder));
    try {
      await link(draft, this.file(LOCK_FILE));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  private async holder(): Promise<Holder | null> {
    const text = await readFile(this.file(LOCK_FILE), 'utf8').catch(() => '');
    try {
      return JSON.parse(text) as Holder;
    } catch {
      return null;
    }
  }
}

interface Holder {
  pid: number;
  /** Tells a process from a later one with the same number; null where the system does not say. */
  startedAt: string | null;
}

async function isSameProcess({ pid, startedAt }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return startedAt === (await startTime(pid));
}

/** Start time of a process in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). */
async function startTime(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
