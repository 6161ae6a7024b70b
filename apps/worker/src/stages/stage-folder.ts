import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredDataset } from '#contracts';
import type { FileCache } from './file-cache.js';

/**
 * A folder for one attempt at a stage: the files it reads, each where the request says, and room for what it writes.
 */
export class StageFolder {
  private constructor(
    private readonly path: string,
    private readonly cache: FileCache,
  ) {}

  /** Makes room in an empty folder. */
  static async in(path: string, cache: FileCache): Promise<StageFolder> {
    const folder = new StageFolder(path, cache);
    const folders = [folder.outputPath, join(path, 'models'), join(path, 'data')];
    await Promise.all(folders.map((each) => mkdir(each)));
    return folder;
  }

  get outputPath(): string {
    return join(this.path, 'output');
  }

  /** Where a long stage keeps what it needs to go on. */
  get checkpointPath(): string {
    return join(this.path, 'checkpoint');
  }

  /** The model's file, named by its digest; asking again gives the same file. */
  async model(digest: string): Promise<{ path: string; digest: string }> {
    const path = join(this.path, 'models', `${digest}.onnx`);
    if (!(await stat(path).catch(() => null))) await this.cache.place(digest, path);
    return { path, digest };
  }

  /** A folder with `dataset.json` and the files it names. */
  async dataset(stored: StoredDataset): Promise<string> {
    const folder = join(this.path, 'data');
    await writeFile(join(folder, 'dataset.json'), JSON.stringify(stored));
    for (const [name, digest] of Object.entries(stored.files)) await this.cache.place(digest, join(folder, name));
    return folder;
  }

  /** What cannot be removed is swept later. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true }).catch(() => undefined);
  }
}
