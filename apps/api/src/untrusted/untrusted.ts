import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  DatasetInspection,
  DatasetPreview,
  ModelLayers,
  ModelInspection,
  Preflight,
  type Config,
  type PreflightRequest,
  type PreviewDatasetRequest,
  type ProcessRequest,
  type UnpackRequest,
} from '#contracts';
import { CONFIG } from '#infrastructure';
import { ProcessPool, stageModulePath } from '#process';
import { z } from 'zod';
import { caller } from '../auth/caller.js';
import { FairLine } from './fair-line.js';

/** A file that takes longer to look at than this is not worth it. */
const TIMEOUT_MS = 120_000;
/** Processes at a time, of which one API key never has all, nor its uploads all of its own. */
const LIMITS = { atATime: 4, perOwner: 3, perKind: 2, waiting: 500, waitingPerOwner: 100 };
/** Recipes that one process checks: with more than these, others would wait long for their turn. */
const RECIPES = 20;

/** Whatever parses a user's file, each in a process of its own with a memory ceiling and a deadline. */
@Injectable()
export class Untrusted implements OnApplicationShutdown {
  private readonly pool: ProcessPool;
  private readonly line = new FairLine(LIMITS);

  constructor(@Inject(CONFIG) config: Config) {
    this.pool = new ProcessPool({
      modulePath: stageModulePath(),
      memoryMb: config.stageMemoryMb,
      timeoutMs: TIMEOUT_MS,
      spares: 1,
    });
  }

  /** Throws a ProcessError with the code of the OnnxError when the file is not a model that we can use. */
  async inspectModel(modelPath: string): Promise<ModelInspection> {
    return ModelInspection.parse(await this.run({ kind: 'inspect', modelPath }));
  }

  /**
   * Writes a model and its external data as one file; names of the files that its tensors lie in. Throws a ProcessError
   * with the code of the OnnxError.
   */
  async joinModel(modelPath: string, outputPath: string): Promise<string[]> {
    return z.array(z.string()).parse(await this.run({ kind: 'join', modelPath, outputPath }));
  }

  /**
   * Writes the only model of a zip archive, with its external data, as one file; its name in the archive. Throws a
   * ProcessError with the code of the DatasetError or OnnxError.
   */
  async unpackModel(request: Omit<UnpackRequest, 'kind'>): Promise<string> {
    return z.string().parse(await this.run({ kind: 'unpack', ...request }));
  }

  /** Opens every file of a data set and checks every label. Throws a ProcessError with the code of the DatasetError. */
  async checkDataset(datasetPath: string): Promise<DatasetInspection> {
    return DatasetInspection.parse(await this.run({ kind: 'checkDataset', datasetPath }));
  }

  /** Checks recipes on one model and data set, which are read once for many of them; the answers are in their order. */
  async preflight({ recipes, ...of }: Omit<PreflightRequest, 'kind'>): Promise<Preflight[]> {
    const count = Math.ceil(recipes.length / RECIPES);
    const partAt = (part: number) => recipes.slice(part * RECIPES, (part + 1) * RECIPES);
    const parts = Array.from({ length: count }, (_, part) => partAt(part));
    const check = async (part: typeof recipes) => {
      const answer = await this.run({ kind: 'preflight', ...of, recipes: part });
      return z.array(Preflight).length(part.length).parse(answer);
    };
    const answers = await Promise.all(parts.map(check));
    return answers.flat();
  }

  /** What a model would get of data. Throws a ProcessError with the code of the OnnxError, or of the DatasetError where nothing can be guessed. */
  async previewDataset(request: Omit<PreviewDatasetRequest, 'kind'>): Promise<DatasetPreview> {
    return DatasetPreview.parse(await this.run({ kind: 'previewDataset', ...request }));
  }

  /** The layers of each model. Throws a ProcessError with the code of the OnnxError. */
  async graphs(modelPaths: string[]): Promise<ModelLayers[]> {
    const answer = await this.run({ kind: 'graph', modelPaths });
    return z.array(ModelLayers).length(modelPaths.length).parse(answer);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }

  private run(request: ProcessRequest): Promise<unknown> {
    return this.line.run(caller(), request.kind, () => this.pool.run(request));
  }
}
