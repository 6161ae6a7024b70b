import type { Dataset, Job, JobItem, Model, PassInfo, Preflight } from '#contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { inWordsOfFiles, isManifest, problemOfFiles } from '../dataset-files.js';
import { ApiError, getJson, postJson, send } from './client.js';
import { newId } from './new-id.js';

interface PageOf<T> {
  items: T[];
  nextCursor: string | null;
}

const FINAL = new Set(['succeeded', 'failed', 'cancelled']);
/** Jobs on a page of the list. */
const PAGE_LENGTH = 50;
const LIVE_MS = 2000;
const AT_REST_MS = 15_000;
const LINE_MS = 10_000;
/** Entries that a choice or a comparison reads at most, in pages of the most that the API gives. */
const MOST = 2000;
const LONGEST_PAGE = 200;

export interface JobChoice {
  state: string;
  q: string;
  model: string;
  cursor: string;
}

/** A page of jobs, newest first; asked again while the page is looked at, and often only while one of them is under way. */
export function useJobs(choice: JobChoice) {
  return useQuery({
    queryKey: ['jobs', choice],
    queryFn: ({ signal }) =>
      getJson<PageOf<JobItem>>(`/v1/jobs?${search({ limit: String(PAGE_LENGTH), ...choice })}`, signal),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: ({ state: query }) =>
      query.data?.items.some((job) => !FINAL.has(job.state)) ? LIVE_MS : AT_REST_MS,
  });
}

/** The newest jobs that succeeded, on one model where one is given; not asked again. */
export function useSucceededJobs(model: string | undefined) {
  return useQuery({
    queryKey: ['succeeded', model],
    enabled: model !== undefined,
    queryFn: ({ signal }) => getAll<JobItem>('/v1/jobs', { state: 'succeeded', model }, signal),
  });
}

/** Jobs that run, and the newest that wait: asked as long as a job that waits is looked at. */
export function useLine() {
  const list = (state: string, limit: number, signal: AbortSignal) =>
    getJson<PageOf<JobItem>>(`/v1/jobs?${search({ state, limit: String(limit) })}`, signal);
  return useQuery({
    queryKey: ['line'],
    refetchInterval: LINE_MS,
    queryFn: async ({ signal }) => {
      const [running, queued] = await Promise.all([list('running', 3, signal), list('queued', LONGEST_PAGE, signal)]);
      return { running: running.items, queued: queued.items, isCut: queued.nextCursor !== null };
    },
  });
}

/** The newest job that succeeded. */
export const useNewestSucceeded = () =>
  useQuery({
    queryKey: ['newest'],
    queryFn: ({ signal }) => getJson<PageOf<JobItem>>('/v1/jobs?state=succeeded&limit=1', signal),
  });

export const useModels = () =>
  useQuery({ queryKey: ['models'], queryFn: ({ signal }) => getAll<Model>('/v1/models', {}, signal) });
export const useDatasets = () =>
  useQuery({ queryKey: ['datasets'], queryFn: ({ signal }) => getAll<Dataset>('/v1/datasets', {}, signal) });
export const useModel = (id: string) =>
  useQuery({
    queryKey: ['model', id],
    queryFn: ({ signal }) => getJson<Model>(`/v1/models/${id}`, signal),
    staleTime: Infinity,
  });
export const useDataset = (id: string | null) =>
  useQuery({
    queryKey: ['dataset', id],
    enabled: id !== null,
    queryFn: ({ signal }) => getJson<Dataset>(`/v1/datasets/${id}`, signal),
    staleTime: Infinity,
  });
export const usePasses = () =>
  useQuery({
    queryKey: ['passes'],
    queryFn: ({ signal }) => getJson<PageOf<PassInfo>>('/v1/passes', signal),
    staleTime: Infinity,
  });

/** A list as far as it is read: `nextCursor` tells that there is more. */
async function getAll<T>(
  path: string,
  query: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<PageOf<T>> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: PageOf<T> = await getJson(
      `${path}?${search({ ...query, limit: String(LONGEST_PAGE), cursor: cursor ?? undefined })}`,
      signal,
    );
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < MOST);
  return { items, nextCursor: cursor };
}

function search(query: Record<string, string | undefined>): string {
  return new URLSearchParams(
    Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1])),
  ).toString();
}

export async function uploadModel(file: File): Promise<Model> {
  const response = await send(`/v1/models?name=${encodeURIComponent(file.name)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: file,
  });
  return (await response.json()) as Model;
}

/** Uploads a manifest and the files that it names as one form. Throws ApiError in the words of who chose the files. */
export async function uploadDataset(files: File[]): Promise<Dataset> {
  const fault = problemOfFiles(files);
  if (fault) throw new Error(fault);
  const form = new FormData();
  for (const file of [...files].sort((a, b) => Number(isManifest(b)) - Number(isManifest(a))))
    form.append(isManifest(file) ? 'manifest' : 'file', file, file.name);
  const response = await send('/v1/datasets', { method: 'POST', body: form }).catch((error: unknown) => {
    if (!(error instanceof ApiError) || !error.problem.errors) throw error;
    throw new ApiError({ ...error.problem, errors: error.problem.errors.map(inWordsOfFiles) });
  });
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
