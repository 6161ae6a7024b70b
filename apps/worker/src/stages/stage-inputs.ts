import { Inject, Injectable } from '@nestjs/common';
import type { Config, ProcessRequest } from '#contracts';
import { DatasetRepository } from '#database';
import { CONFIG } from '#infrastructure';
import { inOrder } from './in-order.js';
import type { StageFolder } from './stage-folder.js';
import type { Task } from './task.js';

type StageRequest = Extract<ProcessRequest, { kind: 'stage' }>;

/** What a stage's process is asked to do, with every file that the stage reads in the attempt's folder. */
@Injectable()
export class FetchedInputs {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly datasets: DatasetRepository,
  ) {}

  /** `lost` says why an earlier attempt's checkpoint is not there. Throws the store's and the database's errors. */
  async gather({ job, stage, history, input }: Task, folder: StageFolder, lost: string | null): Promise<StageRequest> {
    const { stageThreads: threads, stageMemoryMb: memoryMb, checkpointMs } = this.config;
    const { reads, pass, options } = stage;
    const models = [...new Set(reads.models.map(({ digest }) => digest))];
    const place = (digest: string) => folder.model(digest);
    return {
      kind: 'stage',
      pass,
      options,
      seed: job.recipe.seed,
      threads,
      memoryMb,
      customMetrics: this.config.customMetrics === 'allow',
      model: await place(input),
      baseline: await place(job.modelId),
      history: reads.history ? await inOrder(history, place) : [],
      models: await inOrder(models, place),
      datasetPath: reads.data ? await this.dataset(job.datasetId, folder) : null,
      outputPath: folder.outputPath,
      checkpointFile: folder.checkpointPath,
      ...(lost === null ? {} : { checkpointLost: lost }),
      checkpointMs,
    };
  }

  private async dataset(id: string | null, folder: StageFolder): Promise<string | null> {
    return id === null ? null : folder.dataset(await this.datasets.stored(id));
  }
}
