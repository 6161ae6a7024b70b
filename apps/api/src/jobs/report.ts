import { told, type ArtifactRef, type Job } from '#contracts';
import type { Request } from 'express';
import { ApiError } from '../problems/api-error.js';

/** Names under which the worker keeps a job's report, by the format asked for. */
export const REPORTS = { json: 'report.json', markdown: 'report.md' } as const;
export type ReportFormat = keyof typeof REPORTS;

/** The format that the Accept header prefers. Throws ApiError when it takes neither. */
export function formatFor(request: Request): ReportFormat {
  const accepted = request.accepts(['application/json', 'text/markdown']);
  if (accepted === false)
    throw new ApiError(
      'not_acceptable',
      `there is no report as ${told(request.headers.accept)}: accept application/json or text/markdown`,
    );
  return accepted === 'text/markdown' ? 'markdown' : 'json';
}

/** The report that the worker wrote when the job succeeded. Throws ApiError for a job that has none (yet). */
export function reportOf({ id, state, stages }: Job, format: ReportFormat): ArtifactRef {
  const report = stages.flatMap(({ artifacts }) => artifacts).findLast(({ name }) => name === REPORTS[format]);
  if (report) return report;
  const wayOut =
    state === 'failed' || state === 'cancelled'
      ? `GET /v1/jobs/${id} holds what its stages found; retry it to get a report`
      : `follow /v1/jobs/${id}/events to its end`;
  throw new ApiError('report_not_ready', `job ${id} is ${state} and has no report: ${wayOut}`);
}
