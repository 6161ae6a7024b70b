import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DatasetInspection, ModelInspection, Preflight, type Config, type PreflightRequest, type ProcessRequest } from '#contracts';
import { ProcessPool, stageModulePath } from '#process';
import { CONFIG } from '../infrastructure/tokens.js';
import { Limiter } from './limiter.js';

/** A file that takes longer to look at than this is not worth it. */
const TIMEOUT_MS = 120_000;
/** Processes at a time; further uploads wait. */
const AT_A_TIME = 2;

/** Whatever parses a user's file, each in a process of its own with a memory ceiling and a deadline. */
@Injectable()
export class Untrusted implements OnApplicationShutdown {
  private readonly pool: ProcessPool;
  private readonly limiter = new Limiter(AT_A_TIME);

  constructor(@Inject(CONFIG) config: Config) {
    this.pool = new ProcessPool({ modulePath: stageModulePath(), memoryMb: config.stageMemoryMb, timeoutMs: TIMEOUT_MS, spares: 1 });
  }

  /** Throws a ProcessError with the code of the OnnxError when the file is not a model that we can use. */
  async inspectModel(modelPath: string): Promise<ModelInspection> {
    return ModelInspection.parse(await this.run({ kind: 'inspect', modelPath }));
  }

  /** Opens every file of a data set and checks every label. Throws a ProcessError with the code of the DatasetError. */
  async checkDataset(datasetPath: string): Promise<DatasetInspection> {
    return DatasetInspection.parse(await this.run({ kind: 'checkDataset', datasetPath }));
  }

  async preflight(request: Omit<PreflightRequest, 'kind'>): Promise<Preflight> {
    return Preflight.parse(await this.run({ kind: 'preflight', ...request }));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }

  private run(request: ProcessRequest): Promise<unknown> {
    return this.limiter.run(() => this.pool.run(request));
  }
}
