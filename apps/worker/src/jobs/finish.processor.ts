import { Inject, Injectable } from '@nestjs/common';
import { lets, type ArtifactRef, type GateVerdict, type Job, type ModelMetrics, type QueueJobs } from '#contracts';
import { BenchmarkRepository, JobRepository, StageRepository, type JobOutcome, type OpenBenchmark } from '#database';
import { STORE } from '#infrastructure';
import { deviceSection, judgeGates, nextStep, reportMarkdown, verdict, type DeviceReport } from '#pipeline';
import { Postponed, type Attempt } from '#queue';
import type { ArtifactStore } from '#storage';
import type { Processor } from '../queue/processor.js';
import { judge } from '../stages/failures.js';
import { OUTAGE_MS } from '../stages/outage.js';
import { ModelFigures } from '../stages/model-figures.js';
import { TransferSizes } from '../stages/transfer-sizes.js';

interface MeasuredStage {
  index: number;
  pass: string;
  metrics: ModelMetrics;
}

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
    @Inject(STORE) private readonly store: ArtifactStore,
    private readonly figures: ModelFigures,
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
    const final = measured.at(-1)?.metrics ?? baseline;
    const ofStages = job.gates.filter(({ stage }) => stage !== undefined);
    const gates = [...ofStages, ...judgeGates(job.recipe.gates, baseline, final)];
    return {
      baseline,
      gates,
      gatesPassed: gates.length === 0 ? null : gates.every(lets),
      artifacts: await this.report(job, baseline, measured, gates),
    };
  }

  /** The figures of each stage that has some, with the transfer sizes that are still to come. */
  private async complete(job: Job): Promise<MeasuredStage[]> {
    const measured: MeasuredStage[] = [];
    for (const { index, pass, metrics, modelDigest } of job.stages) {
      if (!metrics) continue;
      const compressedBytes = metrics.compressedBytes ?? (await this.sizes.of(modelDigest ?? job.modelId));
      if (metrics.compressedBytes === undefined) await this.stages.setSize(job.id, index, compressedBytes);
      measured.push({ index, pass, metrics: { ...metrics, compressedBytes } });
    }
    return measured;
  }

  private async report(
    job: Job,
    baseline: ModelMetrics,
    measured: readonly MeasuredStage[],
    gates: GateVerdict[],
  ): Promise<ArtifactRef[]> {
    const rows = [
      { label: 'baseline', metrics: baseline },
      ...measured.map(({ index, pass, metrics }) => ({ label: `${index + 1} ${pass}`, metrics })),
    ];
    const final = rows.at(-1)?.metrics ?? baseline;
    const devices = (await this.benchmarks.ofJob(job.id)).map(toReported);
    const figures = new Map(measured.map(({ index, metrics }) => [index, metrics]));
    const stages = job.stages.map(({ index, pass, options, key, cached, modelDigest, skipped, summary, seconds }) => ({
      pass,
      options,
      key,
      cached,
      modelDigest,
      metrics: figures.get(index) ?? null,
      skipped,
      summary,
      seconds,
    }));
    const document = {
      job: job.id,
      name: job.name,
      model: job.modelId,
      dataset: job.datasetId,
      recipe: job.recipe,
      baseline,
      final,
      verdict: verdict(baseline, final),
      stages,
      gates,
      ...(devices.length > 0 ? { devices } : {}),
    };
    return [
      await this.put('report.json', `${JSON.stringify(document, null, 2)}\n`),
      await this.put(
        'report.md',
        reportMarkdown(
          job.name ?? `Job ${job.id}`,
          rows,
          gates,
          job.stages.map(({ index, pass, cached, summary }) => ({ label: `${index + 1} ${pass}`, cached, summary })),
        ) + deviceSection(devices),
      ),
      ...devices.flatMap(({ stage, device, result }) =>
        result ? [{ ...result.raw, name: `benchmark-${stage + 1}-${device}.json` }] : [],
      ),
    ];
  }

  private async put(name: string, text: string): Promise<ArtifactRef> {
    const { digest, bytes } = await this.store.put(Buffer.from(text));
    return { name, digest, bytes };
  }
}

/** A benchmark as reports tell of it. */
function toReported({ stageIndex, asked, deviceName, state, cached, error, result }: OpenBenchmark): DeviceReport {
  return { stage: stageIndex, asked, device: deviceName, state, cached, error, result };
}

function hasStagesDone({ state, stages }: Job): boolean {
  const states = stages.map((stage) => stage.state);
  return nextStep(state, states).kind === 'finish';
}
