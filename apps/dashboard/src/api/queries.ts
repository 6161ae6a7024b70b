import type { Dataset, Job, JobItem, Model, PassInfo, Preflight } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { getJson, postJson, send } from './client.js';
import { newId } from './new-id.js';

interface PageOf<T> {
  items: T[];
  nextCursor: string | null;
}

const FINAL = new Set(['succeeded', 'failed', 'cancelled']);

/** Newest jobs; asked again every second while one of them is under way. */
export function useJobs(state: string) {
  return useQuery({
    queryKey: ['jobs', state],
    queryFn: ({ signal }) => getJson<PageOf<JobItem>>(`/v1/jobs?limit=100${state ? `&state=${state}` : ''}`, signal),
    refetchInterval: ({ state: query }) => (query.data?.items.some((job) => !FINAL.has(job.state)) ? 1000 : 5000),
  });
}

export const useModels = () =>
  useQuery({ queryKey: ['models'], queryFn: ({ signal }) => getJson<PageOf<Model>>('/v1/models?limit=200', signal) });
export const useDatasets = () =>
  useQuery({
    queryKey: ['datasets'],
    queryFn: ({ signal }) => getJson<PageOf<Dataset>>('/v1/datasets?limit=200', signal),
  });
export const usePasses = () =>
  useQuery({
    queryKey: ['passes'],
    queryFn: ({ signal }) => getJson<PageOf<PassInfo>>('/v1/passes', signal),
    staleTime: Infinity,
  });

export async function uploadModel(file: File): Promise<Model> {
  const response = await send(`/v1/models?name=${encodeURIComponent(file.name)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: file,
  });
  return (await response.json()) as Model;
}

/** Uploads a manifest and the files that it names as one form. */
export async function uploadDataset(files: File[]): Promise<Dataset> {
  const form = new FormData();
  const isManifest = (file: File) => /\.(ya?ml|json)$/.test(file.name);
  for (const file of [...files].sort((a, b) => Number(isManifest(b)) - Number(isManifest(a)))) {
    form.append(isManifest(file) ? 'manifest' : 'file', file, file.name);
  }
  const response = await send('/v1/datasets', { method: 'POST', body: form });
  return (await response.json()) as Dataset;
}

export interface Submission {
  name?: string;
  model: string;
  dataset: string | null;
  recipe: string;
}

export const submitJob = (submission: Submission): Promise<Job> =>
  postJson('/v1/jobs', submission, { 'idempotency-key': newId() });
export const preflightJob = (submission: Submission): Promise<Preflight> => postJson('/v1/jobs/preflight', submission);
export const cancelJob = (id: string): Promise<Job> => postJson(`/v1/jobs/${id}/cancel`);
export const retryJob = (id: string): Promise<Job> => postJson(`/v1/jobs/${id}/retry`);
