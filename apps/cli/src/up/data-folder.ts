import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { claimOf, isClaimed, type FolderClaim } from '#database';
import { KEY_FILE, SERVER_FILE } from '../connection.js';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

const LOCK_FILE = 'lock';

/** The folder in which a local server keeps everything; one server at a time holds it. */
export class DataFolder {
  private constructor(readonly path: string) {}

  /**
   * Takes the folder for this process. The lock of a server that was killed is taken over, and so is that of a copied folder's
   * original; throws CliError while another server of this folder runs.
   */
  static async take(path: string): Promise<DataFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const folder = new DataFolder(path);
    for (;;) {
      if (await folder.createLock()) return folder;
      const holder = await folder.holder();
      if (holder !== null && (await isClaimed(holder, path))) {
        throw new CliError(
          `a server of ${path} runs already (process ${holder.pid}): use it, stop it, or choose another folder with --data`,
          EXIT.failed,
          'already_running',
        );
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
    await writeFile(this.file(SERVER_FILE), JSON.stringify({ ...(await claimOf(this.path)), url }));
  }

  async release(): Promise<void> {
    await rm(this.file(SERVER_FILE), { force: true });
    await rm(this.file(LOCK_FILE), { force: true });
  }

  /** The lock appears with its content at once: it is written beside and linked into place. */
  private async createLock(): Promise<boolean> {
    const draft = this.file(`${LOCK_FILE}.${process.pid}`);
    await writeFile(draft, JSON.stringify(await claimOf(this.path)));
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

  private async holder(): Promise<FolderClaim | null> {
    const text = await readFile(this.file(LOCK_FILE), 'utf8').catch(() => '');
    try {
      return JSON.parse(text) as FolderClaim;
    } catch {
      return null;
    }
  }
}
