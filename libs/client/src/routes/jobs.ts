import {
  Benchmark,
  isFinal,
  Job,
  JobCheck,
  JobEvent,
  JobItem,
  JobLineage,
  JobOutlook,
  JobQuery,
  JobSubmission,
  ModelPair,
  Page,
} from '#contracts';
import { z } from 'zod';
import { events, json, NOTHING, text, type Route } from './route.js';

/** The last word on a job is a snapshot of it once it has ended; the first word of a connection is one as well. */
function endsJob(event: JobEvent, isFirst: boolean): boolean {
  return !isFirst && event.type === 'snapshot' && isFinal(event.job.state);
}

export const JOB_ROUTES = {
  submitJob: { method: 'POST', path: '/v1/jobs', body: json(JobSubmission), answer: json(Job), repeat: 'keyed' },
  submitJobs: {
    method: 'POST',
    path: '/v1/jobs',
    body: json(z.array(JobSubmission)),
    answer: json(z.array(Job)),
    repeat: 'keyed',
  },
  preflightJob: {
    method: 'POST',
    path: '/v1/jobs/preflight',
    body: json(JobSubmission),
    answer: json(JobCheck),
    repeat: 'harmless',
  },
  listJobs: { method: 'GET', path: '/v1/jobs', query: JobQuery, answer: json(Page(JobItem)) },
  getJob: { method: 'GET', path: '/v1/jobs/:id', answer: json(Job) },
  watchJob: { method: 'GET', path: '/v1/jobs/:id/events', answer: events(JobEvent, endsJob) },
  reportAsMarkdown: { method: 'GET', path: '/v1/jobs/:id/report', answer: text('text/markdown') },
  reportAsHtml: { method: 'GET', path: '/v1/jobs/:id/report', answer: text('text/html') },
  reportAsJson: { method: 'GET', path: '/v1/jobs/:id/report', answer: text('application/json') },
  jobGraph: { method: 'GET', path: '/v1/jobs/:id/graph', answer: json(ModelPair) },
  jobLineage: { method: 'GET', path: '/v1/jobs/:id/lineage', answer: json(JobLineage) },
  jobOutlook: { method: 'GET', path: '/v1/jobs/:id/outlook', answer: json(JobOutlook) },
  jobBenchmarks: { method: 'GET', path: '/v1/jobs/:id/benchmarks', answer: json(Page(Benchmark)) },
  cancelJob: { method: 'POST', path: '/v1/jobs/:id/cancel', answer: json(Job) },
  retryJob: { method: 'POST', path: '/v1/jobs/:id/retry', answer: json(Job) },
  deleteJob: { method: 'DELETE', path: '/v1/jobs/:id', answer: NOTHING },
} as const satisfies Record<string, Route>;
