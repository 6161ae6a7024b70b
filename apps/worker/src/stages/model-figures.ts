import { Injectable } from '@nestjs/common';
import { ModelMetrics } from '#contracts';
import { Remembered } from './remembered.js';
import { StageFolders } from './stage-folders.js';
import { StagePool } from './stage-pool.js';

/** Figures kept: every job of a sweep asks for those of the same baseline. */
const KEPT = 64;

/** Sizes of a model in the store that no pass has measured, by a process of its own, once for each model. */
@Injectable()
export class ModelFigures {
  private readonly known = new Remembered(KEPT, (digests) =>
    Promise.all(digests.map((digest) => this.measure(digest))),
  );

  constructor(
    private readonly folders: StageFolders,
    private readonly pool: StagePool,
  ) {}

  /** Throws what the process and the store throw; what failed is measured anew when it is asked for again. */
  async of(digest: string): Promise<ModelMetrics> {
    const [figures] = await this.known.of([digest]);
    return figures as ModelMetrics;
  }

  private async measure(digest: string): Promise<ModelMetrics> {
    const folder = await this.folders.create();
    try {
      const { path } = await folder.model(digest);
      return ModelMetrics.parse(await this.pool.run({ kind: 'measure', modelPath: path }));
    } finally {
      await folder.remove();
    }
  }
}
