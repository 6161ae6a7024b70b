import { Injectable } from '@nestjs/common';
import { ModelLayers } from '#contracts';
import { z } from 'zod';
import { Remembered } from '../stages/remembered.js';
import { StageFolders } from '../stages/stage-folders.js';
import { StagePool } from '../stages/stage-pool.js';

/** Models kept: every job of a sweep shows the same baseline, and many end in a model that an earlier one made. */
const KEPT = 8;

/** The nodes of models in the store, by one process for all that are not known yet. */
@Injectable()
export class ReportGraphs {
  private readonly known = new Remembered(KEPT, (digests) => this.read(digests));

  constructor(
    private readonly folders: StageFolders,
    private readonly pool: StagePool,
  ) {}

  /** In the order of the digests. Throws what the process and the store throw; what failed is read anew. */
  of(digests: readonly string[]): Promise<ModelLayers[]> {
    return this.known.of(digests);
  }

  private async read(digests: readonly string[]): Promise<ModelLayers[]> {
    const folder = await this.folders.create();
    try {
      const modelPaths: string[] = [];
      for (const digest of digests) modelPaths.push((await folder.model(digest)).path);
      const answer = await this.pool.run({ kind: 'graph', modelPaths });
      return z.array(ModelLayers).length(digests.length).parse(answer);
    } finally {
      await folder.remove();
    }
  }
}
