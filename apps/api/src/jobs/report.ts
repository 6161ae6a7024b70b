import { told, type ArtifactRef, type Job } from '#contracts';
import type { Request } from 'express';
import { ApiError } from '../problems/api-error.js';

/** Names under which the worker keeps a job's report, by the format asked for. */
export const REPORTS = { json: 'report.json', markdown: 'report.md', html: 'report.html' } as const;
export type ReportFormat = keyof typeof REPORTS;

/** Formats by media type; the first is what a client gets that takes any. */
const FORMATS = {
  'application/json': 'json',
  'text/markdown': 'markdown',
  'text/html': 'html',
} as const satisfies Record<string, ReportFormat>;
const LISTED = new Intl.ListFormat('en', { type: 'disjunction' }).format(Object.keys(FORMATS));

/** The format that the Accept header prefers. Throws ApiError when it takes none. */
export function formatFor(request: Request): ReportFormat {
  const accepted = request.accepts(Object.keys(FORMATS));
  if (accepted === false)
    throw new ApiError('not_acceptable', `there is no report as ${told(request.headers.accept)}: accept ${LISTED}`);
  return FORMATS[accepted as keyof typeof FORMATS];
}

/** The report that the worker wrote when the job succeeded. Throws ApiError for a job that has none (yet). */
export function reportOf({ id, state, stages }: Job, format: ReportFormat): ArtifactRef & { type?: string } {
  const artifacts = stages.flatMap((stage) => stage.artifacts);
  const report = artifacts.findLast(({ name }) => name === REPORTS[format]);
  if (report) return format === 'html' ? { ...report, type: 'text/html' } : report;
  if (artifacts.some(({ name }) => name === REPORTS.json))
    throw new ApiError(
      'report_not_ready',
      `job ${id} was finished by an earlier version, which wrote no page: submit its recipe again, or accept text/markdown`,
    );
  const wayOut =
    state === 'failed' || state === 'cancelled'
      ? `GET /v1/jobs/${id} holds what its stages found; retry it to get a report`
      : `follow /v1/jobs/${id}/events to its end`;
  throw new ApiError('report_not_ready', `job ${id} is ${state} and has no report: ${wayOut}`);
}
