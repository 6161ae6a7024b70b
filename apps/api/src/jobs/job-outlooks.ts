import { Inject, Injectable } from '@nestjs/common';
import { PASSES, type JobItem, type JobOutlook, type JobStage } from '#contracts';
import { JobRepository, StageMachineRepository, StageResultRepository, type EarlierStageRow } from '#database';
import { QUEUE } from '#infrastructure';
import { estimateStages, isPassName, type PlannedStage } from '#pipeline';
import type { StageQueue } from '#queue';

/** Jobs before one that are looked at. */
const MOST_BEFORE = 200;

type Pending = Pick<JobItem, 'id' | 'modelId' | 'createdAt'> & {
  stages: readonly (Pick<JobStage, 'pass' | 'state' | 'progress'> & { options: JobStage['options'] | null })[];
};

/** Foresees when a job ends that waits behind others: by what their passes took before on the same models. */
@Injectable()
export class JobOutlooks {
  constructor(
    private readonly jobs: JobRepository,
    private readonly results: StageResultRepository,
    private readonly machines: StageMachineRepository,
    @Inject(QUEUE) private readonly queue: StageQueue,
  ) {}

  /** Throws NotFoundError, and what database and queue throw. */
  async of(id: string): Promise<JobOutlook> {
    const job = await this.jobs.require(id);
    const [running, queued] = await Promise.all([this.pending('running'), this.pending('queued')]);
    const before = [...running, ...queued].filter((other) => isBefore(other, job)).slice(0, MOST_BEFORE);
    const earlier = new Map<string, Promise<EarlierStageRow[]>>();
    const takes = async (pending: Pending) => {
      const known = earlier.get(pending.modelId) ?? this.results.earlierOn(pending.modelId);
      earlier.set(pending.modelId, known);
      return estimateStages(leftOf(pending), await known, (pass) => PASSES[pass].changes);
    };
    const [own, ...others] = await Promise.all([job, ...before].map(takes));
    const told = others.flatMap(({ seconds }) => seconds ?? []);
    const passes = [own, ...others].flatMap((estimate) => estimate?.secondsUnknown ?? []).map(({ pass }) => pass);
    return {
      jobsBefore: before.length,
      secondsBefore: told.length === 0 && others.length > 0 ? null : told.reduce((sum, each) => sum + each, 0),
      seconds: own?.seconds ?? null,
      unknown: [...new Set(passes)],
      lanes: await this.lanes(),
    };
  }

  private async pending(state: 'running' | 'queued'): Promise<JobItem[]> {
    return (await this.jobs.list({ state, limit: MOST_BEFORE })).items;
  }

  /** Of workers that were set up in several ways the busiest kind stands for all. */
  private async lanes(): Promise<number> {
    const [workers, kinds] = await Promise.all([this.queue.workers(), this.machines.list()]);
    return workers.length * Math.max(1, ...kinds.map(({ concurrency }) => concurrency));
  }
}

const isBefore = (other: Pending, job: Pending): boolean => other.id !== job.id && other.createdAt <= job.createdAt;

/** Stages without a result; of one that runs, how much of it is done. */
function leftOf({ stages }: Pending): (Pick<PlannedStage, 'pass' | 'options'> & { progress: number })[] {
  const left = stages.filter(({ state }) => state === 'waiting' || state === 'running');
  return left.flatMap(({ pass, options, state, progress }) =>
    isPassName(pass) ? [{ pass, options: options ?? {}, progress: state === 'running' ? progress : 0 }] : [],
  );
}
