import { Inject, Injectable, Logger } from '@nestjs/common';
import { StageResult, type Config, type ProcessRequest } from '#contracts';
import type { StoredResult } from '#database';
import { CONFIG } from '#infrastructure';
import { CheckpointKeeper, type LongerTraining } from './checkpoint-keeper.js';
import { CheckpointStore } from './checkpoint-store.js';
import { outlast } from './outage.js';
import type { StageFolder } from './stage-folder.js';
import { StageFolders } from './stage-folders.js';
import { FetchedInputs } from './stage-inputs.js';
import { StageOutputs } from './stage-outputs.js';
import { StagePool } from './stage-pool.js';
import { StageReporters, type StageReporter } from './stage-reporter.js';
import type { Task } from './task.js';
import { TransferSizes } from './transfer-sizes.js';

/** Computes a stage in a process of its own. */
@Injectable()
export class StageComputation {
  private readonly logger = new Logger(StageComputation.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly folders: StageFolders,
    private readonly inputs: FetchedInputs,
    private readonly outputs: StageOutputs,
    private readonly pool: StagePool,
    private readonly checkpoints: CheckpointStore,
    private readonly reporters: StageReporters,
    private readonly sizes: TransferSizes,
  ) {}

  /**
   * The stage's result, its files in the store. What an earlier attempt kept is gone on with, and kept when this one
   * ends before the stage does. Throws what the process, the store and the database throw, and the signal's reason.
   */
  async run(task: Task, signal: AbortSignal): Promise<StoredResult> {
    const reporter = this.reporters.of(task.job.id, task.stage.index);
    const folder = await this.folders.create();
    const checkpoint = this.keeper(task, folder);
    let isDone = false;
    try {
      const lost = await checkpoint.begin(longerThanOthers(task));
      const request = { ...(await this.inputs.gather(task, folder, lost)), ...from(checkpoint) };
      const result = await this.compute(request, task, reporter, signal);
      const keep = () => this.outputs.keep(result, folder, task);
      const stored = await outlast(keep, signal, (why) => reporter.log(`${why}: the result waits until it does`));
      isDone = true;
      await this.keepEnd(task, folder);
      return stored;
    } finally {
      await checkpoint.end({ last: !isDone });
      await reporter.close();
      await folder.remove();
    }
  }

  /** Where a training ended that longer ones go through; that it cannot be kept costs these their time alone. */
  private async keepEnd(task: Task, { checkpointPath }: StageFolder): Promise<void> {
    const training = longerThanOthers(task);
    if (!training) return;
    const warn = (error: unknown) => this.logger.warn({ err: error }, 'cannot keep where a training ended');
    await this.checkpoints.keepEnd({ ...training, jobId: task.job.id }, checkpointPath).catch(warn);
  }

  /** A pass that reads the clock waits until nothing else is computed here. */
  private async compute(
    request: ProcessRequest,
    { stage }: Task,
    reporter: StageReporter,
    signal: AbortSignal,
  ): Promise<StageResult> {
    if (stage.reads.machine) await this.sizes.idle();
    const onProgress = (progress: Parameters<typeof reporter.progress>[0]) => reporter.progress(progress);
    const onLog = (line: string) => reporter.log(line);
    const answer = await this.pool.run(request, { signal, onProgress, onLog });
    return StageResult.parse(answer);
  }

  private keeper({ key }: Task, { checkpointPath }: StageFolder): CheckpointKeeper {
    const onError = (error: unknown) => this.logger.warn({ err: error }, 'cannot keep a checkpoint');
    return new CheckpointKeeper(this.checkpoints, key, checkpointPath, this.config.checkpointMs, onError);
  }
}

/** The training of a stage, where it goes through the states of shorter ones. */
function longerThanOthers({ trainingKey: key, stage: { options } }: Task): LongerTraining | undefined {
  const { epochs } = options as { epochs?: unknown };
  return key !== null && typeof epochs === 'number' ? { key, epochs } : undefined;
}

const from = ({ wentOn }: CheckpointKeeper) => (wentOn ? { checkpointFrom: wentOn.jobId } : {});
