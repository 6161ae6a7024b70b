import { Injectable } from '@nestjs/common';
import type { Job, ModelMetrics } from '#contracts';
import {
  BenchmarkRepository,
  JobRepository,
  SweepRepository,
  TrialRepository,
  type EarlierTrial,
  type MeasuredTrial,
} from '#database';
import { assignmentBehind, canonicalJson, deviceEvidence, judgeTrial, planSweep, SweepError } from '#pipeline';
import type { SweepSubject } from './sweep-subject.js';

/** What earlier sweeps and jobs have measured that a new sweep would try: it begins with these trials. */
@Injectable()
export class EarlierTrials {
  constructor(
    private readonly sweeps: SweepRepository,
    private readonly trials: TrialRepository,
    private readonly jobs: JobRepository,
    private readonly benchmarks: BenchmarkRepository,
  ) {}

  /** One for each assignment. Throws SweepError for ids of nothing that can be begun with. */
  async of(subject: SweepSubject): Promise<EarlierTrial[]> {
    const { warmStart = [] } = subject.document;
    if (warmStart.length === 0) return [];
    const plan = planSweep(subject.document);
    const found = new Map<string, EarlierTrial>();
    for (const [at, id] of warmStart.entries())
      for (const measured of await this.measuredOf(id, `warmStart[${at}]`, subject)) {
        const assignment = assignmentBehind(plan, measured.recipe.passes);
        const key = assignment && canonicalJson(assignment);
        if (!assignment || key === null || found.has(key)) continue;
        const trial = await this.judged(subject, measured);
        if (trial) found.set(key, { ...trial, assignment });
      }
    return [...found.values()];
  }

  private async measuredOf(id: string, field: string, { model, dataset }: SweepSubject): Promise<MeasuredTrial[]> {
    const sweep = await this.sweeps.get(id);
    const job = sweep ? null : await this.jobs.get(id);
    const refuse = (message: string) => new SweepError([{ field, message }]);
    const from = sweep ?? job;
    if (!from) throw refuse(`there is no sweep and no job ${id}: name one that is there, or leave it out`);
    if (from.modelId !== model.id || from.datasetId !== (dataset?.id ?? null))
      throw refuse('it is of another model or data set, where nothing that it found holds: leave it out');
    if (sweep) return this.trials.measured(id);
    if (job?.state !== 'succeeded') throw refuse('the job has not succeeded: name one that has, or leave it out');
    return measuredBy(job);
  }

  /** Null where it lacks a figure that the sweep is for. */
  private async judged(
    { document, model }: SweepSubject,
    { jobId, metrics, baseline, modelDigest }: MeasuredTrial,
  ): Promise<Omit<EarlierTrial, 'assignment'> | null> {
    if (metrics.compressedBytes === undefined) return null;
    const stages = [{ modelDigest }];
    const devices = deviceEvidence({ modelId: model.id, stages }, await this.benchmarks.ofJob(jobId));
    const judged = judgeTrial(document, { baseline, metrics: metrics as ModelMetrics, devices });
    if (!judged.outcome) return null;
    const { values, constraints = [] } = judged.outcome;
    const outcome = { values: [...values], constraints: [...constraints] };
    const { devices: figures, violation, violated } = judged;
    return { jobId, metrics, baseline, modelDigest, outcome, devices: figures, violation, violated };
  }
}

function measuredBy({ id, recipe, baseline, stages }: Job): MeasuredTrial[] {
  const metrics = stages.findLast((stage) => stage.metrics !== null)?.metrics;
  const modelDigest = stages.findLast((stage) => stage.modelDigest !== null)?.modelDigest ?? null;
  return metrics ? [{ jobId: id, recipe, baseline, metrics, modelDigest }] : [];
}
