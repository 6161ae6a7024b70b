import type { Config, Job } from '#contracts';
import { planStages, stageKey, trainingKey, type PlannedStage, stageRuntime } from '#pipeline';
import { ProcessError } from '#process';
import { stageMachine } from '../machine/stage-machine.js';

/** A stage as its job's records describe it. */
export interface Task {
  job: Job;
  stage: PlannedStage;
  key: string;
  /** The key of its training whatever its length; null where it cannot go on from a shorter one. */
  trainingKey: string | null;
  /** Digests of the job's models, baseline first. */
  history: readonly string[];
  /** Digest of the model that the stage reads, the last of the history. */
  input: string;
}

type Settings = Pick<Config, 'stageThreads' | 'stageMemoryMb' | 'concurrency'>;

/**
 * The job's stage of that index, all stages before it done. Throws ProcessError `stage_missing` where the recipe has
 * none.
 */
export function taskOf(job: Job, index: number, settings: Settings): Task {
  const stage = planStages(job.recipe)[index];
  if (!stage) throw new ProcessError('stage_missing', `the recipe has no stage ${index}`, true);
  const { modelId: baseline, datasetId: dataset } = job;
  const history = [baseline, ...job.stages.slice(0, index).map(({ modelDigest }) => modelDigest ?? baseline)];
  const input = history.at(-1) ?? baseline;
  const runtime = stageRuntime(stageMachine(settings))(stage);
  const inputs = { stage, input, baseline, history, dataset, seed: job.recipe.seed, runtime };
  return { job, stage, key: stageKey(inputs), trainingKey: trainingKey(inputs), history, input };
}
