import { Inject, Injectable } from '@nestjs/common';
import type { Job, ModelLayers, ModelPair } from '#contracts';
import { STORE } from '#infrastructure';
import type { ArtifactStore } from '#storage';
import { Untrusted } from '../untrusted/untrusted.js';
import { Spool } from '../uploads/spool.js';
import { copyModel } from '../uploads/store-copy.js';

/** The layers of models of the store, read in a process of its own. */
@Injectable()
export class ModelGraphs {
  constructor(
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly spool: Spool,
    private readonly untrusted: Untrusted,
  ) {}

  /** Throws the store's errors, and a ProcessError with the code of the OnnxError. */
  async of(digest: string): Promise<ModelLayers> {
    const { after } = await this.pair(digest, digest);
    return { layers: after };
  }

  /** What the job was given, and the newest model that it has made. Throws as `of` does. */
  ofJob({ modelId, stages }: Pick<Job, 'modelId' | 'stages'>): Promise<ModelPair> {
    const made = stages.findLast(({ modelDigest }) => modelDigest !== null);
    return this.pair(modelId, made?.modelDigest ?? modelId);
  }

  private pair(before: string, after: string): Promise<ModelPair> {
    return this.spool.withFolder(async (folder) => {
      const digests = [...new Set([before, after])];
      const paths = await Promise.all(digests.map((digest) => copyModel(this.store, digest, folder)));
      const graphs = await this.untrusted.graphs(paths);
      const layersOf = (digest: string) => graphs[digests.indexOf(digest)]?.layers ?? [];
      return { before: layersOf(before), after: layersOf(after) };
    });
  }
}
