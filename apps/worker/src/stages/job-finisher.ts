import { ModelMetrics, type ArtifactRef, type Config, type GateVerdict, type Job, type QueueJobs } from '#contracts';
import type { JobOutcome, JobRepository, StageRepository } from '#database';
import { judgeGates, nextStep, reportMarkdown, verdict } from '#pipeline';
import type { ProcessPool } from '#process';
import { Postponed, type Attempt } from '#queue';
import type { ArtifactStore } from '#storage';
import { judge } from './failures.js';
import type { FileCache } from './file-cache.js';
import { OUTAGE_MS } from './outage.js';
import { StageFolder } from './stage-folder.js';

export interface JobFinisherParts {
  config: Pick<Config, 'workPath'>;
  jobs: JobRepository;
  stages: StageRepository;
  store: ArtifactStore;
  files: FileCache;
  pool: ProcessPool;
}

/** Ends a job whose stages have all succeeded: gates judged, report written. */
export class JobFinisher {
  constructor(private readonly parts: JobFinisherParts) {}

  async run({ jobId }: QueueJobs['finish'], { isLast }: Attempt): Promise<void> {
    try {
      const job = await this.parts.jobs.get(jobId);
      if (!job || nextStep(job.state, job.stages.map(({ state }) => state)).kind !== 'finish') return;
      await this.parts.stages.finish(jobId, await this.outcome(job));
    } catch (error) {
      const { failure, permanent, outage } = judge(error);
      if (outage) throw new Postponed(OUTAGE_MS, error);
      if (!permanent && !isLast) throw error;
      await this.parts.stages.fail(jobId, null, failure);
    }
  }

  private async outcome(job: Job): Promise<JobOutcome> {
    const baseline = job.baseline ?? (await this.measure(job.modelId));
    const final = job.stages.at(-1)?.metrics ?? baseline;
    const gates = judgeGates(job.recipe.gates, baseline, final);
    return { baseline, gates, gatesPassed: gates.length === 0 ? null : gates.every(({ passed }) => passed), artifacts: await this.report(job, baseline, gates) };
  }

  private async report(job: Job, baseline: ModelMetrics, gates: GateVerdict[]): Promise<ArtifactRef[]> {
    const rows = [
      { label: 'baseline', metrics: baseline },
      ...job.stages.flatMap(({ index, pass, metrics }) => (metrics ? [{ label: `${index + 1} ${pass}`, metrics }] : [])),
    ];
    const final = rows.at(-1)?.metrics ?? baseline;
    const stages = job.stages.map(({ pass, options, key, cached, modelDigest, metrics, skipped, summary, seconds }) => ({ pass, options, key, cached, modelDigest, metrics, skipped, summary, seconds }));
    const document = { job: job.id, name: job.name, model: job.modelId, dataset: job.datasetId, recipe: job.recipe, baseline, final, verdict: verdict(baseline, final), stages, gates };
    return [
      await this.put('report.json', `${JSON.stringify(document, null, 2)}\n`),
      await this.put('report.md', reportMarkdown(job.name ?? `Job ${job.id}`, rows, gates, job.stages.map(({ index, pass, summary }) => ({ label: `${index + 1} ${pass}`, summary })))),
    ];
  }

  private async put(name: string, text: string): Promise<ArtifactRef> {
    const { digest, bytes } = await this.parts.store.put(Buffer.from(text));
    return { name, digest, bytes };
  }

  /** Sizes of the input model, when no pass has measured it. */
  private async measure(digest: string): Promise<ModelMetrics> {
    const folder = await StageFolder.create(this.parts.config.workPath, this.parts.files);
    try {
      return ModelMetrics.parse(await this.parts.pool.run({ kind: 'measure', modelPath: (await folder.model(digest)).path }));
    } finally {
      await folder.remove();
    }
  }
}
