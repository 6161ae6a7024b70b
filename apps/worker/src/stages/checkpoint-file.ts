import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a stage keeps what it needs to go on after a kill. Named by the stage's key, so that a retry on this machine finds it. */
export class CheckpointFile {
  private constructor(readonly path: string) {}

  static async of(workPath: string, key: string): Promise<CheckpointFile> {
    const folder = join(workPath, 'checkpoints');
    await mkdir(folder, { recursive: true });
    return new CheckpointFile(join(folder, key.replace(/[^\w-]/g, '_')));
  }

  /** Removes checkpoints of stages that nobody took up again. */
  static async sweep(workPath: string, olderThanMs: number): Promise<void> {
    const folder = join(workPath, 'checkpoints');
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      const found = await stat(join(folder, name)).catch(() => null);
      if (found && Date.now() - found.mtimeMs > olderThanMs) await rm(join(folder, name), { force: true });
    }
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
