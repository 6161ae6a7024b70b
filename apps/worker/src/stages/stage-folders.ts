import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Config } from '#contracts';
import { CONFIG } from '#infrastructure';
import { FileCache } from './file-cache.js';
import { StageFolder } from './stage-folder.js';

/** The folders of stages below the work path, one for each attempt. */
@Injectable()
export class StageFolders implements OnModuleInit {
  private readonly path: string;
  /** Twice the deadline of a stage: no running one has an older folder. */
  private readonly longestMs: number;

  constructor(
    @Inject(CONFIG) { workPath, stageTimeoutS }: Pick<Config, 'workPath' | 'stageTimeoutS'>,
    private readonly cache: FileCache,
  ) {
    this.path = join(workPath, 'stages');
    this.longestMs = 2 * stageTimeoutS * 1000;
  }

  /** A work path that cannot be written to is told at the start. */
  async onModuleInit(): Promise<void> {
    await mkdir(this.path, { recursive: true });
  }

  async create(): Promise<StageFolder> {
    await mkdir(this.path, { recursive: true });
    return StageFolder.in(await mkdtemp(join(this.path, 'stage-')), this.cache);
  }

  /** Removes what killed workers left behind, if it is so old, and older than any running stage. */
  async sweep(olderThanMs: number): Promise<void> {
    await mkdir(this.path, { recursive: true });
    for (const name of await readdir(this.path)) {
      const folder = join(this.path, name);
      const found = await stat(folder).catch(() => null);
      const ageMs = found ? Date.now() - found.mtimeMs : 0;
      if (ageMs > Math.max(olderThanMs, this.longestMs)) await rm(folder, { recursive: true, force: true });
    }
  }
}
