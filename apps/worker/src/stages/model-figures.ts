import { Injectable } from '@nestjs/common';
import { ModelMetrics } from '#contracts';
import { StageFolders } from './stage-folders.js';
import { StagePool } from './stage-pool.js';

/** Sizes of a model in the store that no pass has measured, by a process of its own. */
@Injectable()
export class ModelFigures {
  constructor(
    private readonly folders: StageFolders,
    private readonly pool: StagePool,
  ) {}

  /** Throws what the process and the store throw. */
  async of(digest: string): Promise<ModelMetrics> {
    const folder = await this.folders.create();
    try {
      const { path } = await folder.model(digest);
      return ModelMetrics.parse(await this.pool.run({ kind: 'measure', modelPath: path }));
    } finally {
      await folder.remove();
    }
  }
}
