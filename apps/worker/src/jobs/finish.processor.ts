import { Injectable } from '@nestjs/common';
import { lets, type Job, type ModelMetrics, type QueueJobs } from '#contracts';
import { BenchmarkRepository, JobRepository, StageRepository, type JobOutcome } from '#database';
import { deviceEvidence, judgeGates, nextStep } from '#pipeline';
import { Postponed, type Attempt } from '#queue';
import type { Processor } from '../queue/processor.js';
import { judge } from '../stages/failures.js';
import { OUTAGE_MS } from '../stages/outage.js';
import { ModelFigures } from '../stages/model-figures.js';
import { TransferSizes } from '../stages/transfer-sizes.js';
import { ReportWriter } from './report-writer.js';

/** How often a job looks whether its devices have answered; the API wakes it when they have. */
const DEVICES_MS = 15_000;

/**
 * Ends a job whose stages have all succeeded, once devices have measured what they were asked to: gates judged, report
 * written. No worker waits for a device: the queue job is put back until then.
 */
@Injectable()
export class FinishProcessor implements Processor<'finish'> {
  constructor(
    private readonly jobs: JobRepository,
    private readonly stages: StageRepository,
    private readonly figures: ModelFigures,
    private readonly reports: ReportWriter,
    private readonly sizes: TransferSizes,
    private readonly benchmarks: BenchmarkRepository,
  ) {}

  async process({ jobId, run }: QueueJobs['finish'], { isLast }: Attempt): Promise<void> {
    try {
      const job = await this.jobs.get(jobId);
      if (!job || !hasStagesDone(job)) return;
      if (await this.benchmarks.hasOpen(jobId)) throw new Postponed(DEVICES_MS, new Error('devices are at it'));
      await this.stages.finish(jobId, await this.outcome(job));
    } catch (error) {
      if (error instanceof Postponed) throw error;
      const { failure, permanent, outage } = judge(error);
      if (outage) throw new Postponed(OUTAGE_MS, error);
      if (!permanent && !isLast) throw error;
      await this.stages.fail(jobId, null, failure, run);
    }
  }

  private async outcome(job: Job): Promise<JobOutcome> {
    const baseline = job.baseline ?? (await this.figures.of(job.modelId));
    const measured = await this.complete(job);
    const final = [...measured.values()].at(-1) ?? baseline;
    const ofStages = job.gates.filter(({ stage }) => stage !== undefined);
    const devices = deviceEvidence(job, await this.benchmarks.ofJob(job.id));
    const gates = [...ofStages, ...judgeGates(job.recipe.gates, baseline, final, { devices })];
    const gatesPassed = gates.length === 0 ? null : gates.every(lets);
    const artifacts = await this.reports.write({ ...job, gates }, baseline, measured);
    return { baseline, gates, gatesPassed, artifacts };
  }

  /** The figures of each stage that has some, with the transfer sizes that are still to come. */
  private async complete(job: Job): Promise<Map<number, ModelMetrics>> {
    const measured = new Map<number, ModelMetrics>();
    for (const { index, metrics, modelDigest } of job.stages) {
      if (!metrics) continue;
      const compressedBytes = metrics.compressedBytes ?? (await this.sizes.of(modelDigest ?? job.modelId));
      if (metrics.compressedBytes === undefined) await this.stages.setSize(job.id, index, compressedBytes);
      measured.set(index, { ...metrics, compressedBytes });
    }
    return measured;
  }
}

function hasStagesDone({ state, stages }: Job): boolean {
  const states = stages.map((stage) => stage.state);
  return nextStep(state, states).kind === 'finish';
}
