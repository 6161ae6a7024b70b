import { isFinal, type Job } from '#contracts';
import { ApiError } from '../problems/api-error.js';

/** The evidence of a job that has ended: its figures before and after each stage, what was left alone, and the verdicts. */
export function reportOf(job: Job) {
  if (!isFinal(job.state)) throw new ApiError('report_not_ready', `job ${job.id} is ${job.state}: follow /v1/jobs/${job.id}/events to its end`);
  return {
    jobId: job.id,
    name: job.name,
    state: job.state,
    modelId: job.modelId,
    datasetId: job.datasetId,
    recipe: job.recipe,
    baseline: job.baseline,
    stages: job.stages.map(({ index, pass, state, cached, seconds, modelDigest, metrics, skipped, summary, artifacts, error }) => ({
      index, pass, state, cached, seconds, modelDigest, metrics, skipped, summary, artifacts, error,
    })),
    final: job.stages.findLast(({ metrics }) => metrics !== null)?.metrics ?? null,
    gates: job.gates,
    gatesPassed: job.gatesPassed,
    error: job.error,
  };
}
