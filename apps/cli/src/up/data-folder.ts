import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaimFile, claimOf } from '#database';
import { KEY_FILE, SERVER_FILE } from '../connection.js';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

const LOCK_FILE = 'lock';

/** The folder in which a local server keeps everything; one server at a time holds it. */
export class DataFolder {
  private constructor(
    readonly path: string,
    private readonly lock: ClaimFile,
  ) {}

  /**
   * Takes the folder for this process. The lock of a server that was killed is taken over, and so is that of a copied
   * folder's original; throws CliError while another server of this folder runs.
   */
  static async take(path: string): Promise<DataFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const lock = await ClaimFile.take(join(path, LOCK_FILE));
    if (lock instanceof ClaimFile) return new DataFolder(path, lock);
    throw new CliError(
      `a server of ${path} runs already (process ${lock.pid}): use it, stop it, or choose another folder with --data`,
      EXIT.failed,
      'already_running',
    );
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
    await this.lock.release();
  }
}
