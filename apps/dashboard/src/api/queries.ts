import { all, firstOf, ProblemError } from '#client';
import {
  hasEnded,
  isFinal,
  MAX_MODEL_BYTES,
  modelTooLarge,
  type DatasetRecord,
  type JobState,
  type Model,
  type SweepState,
} from '#contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { DroppedFile } from '../data/dropped-files.js';
import { zipOf } from '../data/zip.js';
import { inWordsOfFiles, isManifest, problemOfFiles } from '../dataset-files.js';
import { client } from './client.js';

/** Jobs on a page of the list. */
const PAGE_LENGTH = 50;
const LIVE_MS = 2000;
const AT_REST_MS = 15_000;
const LINE_MS = 10_000;
const DEVICES_MS = 5000;
/** Entries that a choice or a comparison reads at most, in pages of the most that the API gives. */
const MOST = 2000;
const LONGEST_PAGE = 200;

export interface JobChoice {
  state: string;
  q: string;
  model: string;
  cursor: string;
}

/**
 * A page of jobs, newest first; asked again while the page is looked at, and often only while one of them is under way.
 */
export function useJobs(choice: JobChoice) {
  return useQuery({
    queryKey: ['jobs', choice],
    queryFn: ({ signal }) =>
      client.listJobs({ limit: PAGE_LENGTH, ...choice, state: choice.state as JobState }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: ({ state: query }) =>
      query.data?.items.some((job) => !isFinal(job.state)) ? LIVE_MS : AT_REST_MS,
  });
}

/** The newest jobs that succeeded, on one model where one is given; not asked again. */
export function useSucceededJobs(model: string | undefined) {
  return useQuery({
    queryKey: ['succeeded', model],
    enabled: model !== undefined,
    queryFn: ({ signal }) =>
      firstOf(all(client.listJobs, { state: 'succeeded', model, limit: LONGEST_PAGE }, { signal }), MOST),
  });
}

/** The newest sweeps on a model; not asked again. */
export function useEarlierSweeps(model: string | undefined) {
  return useQuery({
    queryKey: ['earlier sweeps', model],
    enabled: model !== undefined,
    staleTime: 0,
    queryFn: ({ signal }) => firstOf(all(client.listSweeps, { model, limit: LONGEST_PAGE }, { signal }), MOST),
  });
}

/** Jobs that run, and the newest that wait: asked as long as a job that waits is looked at. */
export function useLine() {
  const list = (state: JobState, limit: number, signal: AbortSignal) => client.listJobs({ state, limit }, { signal });
  return useQuery({
    queryKey: ['line'],
    refetchInterval: LINE_MS,
    queryFn: async ({ signal }) => {
      const [running, queued] = await Promise.all([list('running', 3, signal), list('queued', LONGEST_PAGE, signal)]);
      return { running: running.items, queued: queued.items, isCut: queued.nextCursor !== null };
    },
  });
}

/** What is before a job that waits: asked as long as it is looked at. */
export const useOutlook = (id: string) =>
  useQuery({
    queryKey: ['outlook', id],
    refetchInterval: LINE_MS,
    staleTime: 0,
    queryFn: ({ signal }) => client.jobOutlook({ id }, { signal }),
  });

/** The same for a job that runs, once for each of its stages: the stages themselves tell of the rest. */
export const useRest = (id: string, stage: number) =>
  useQuery({
    queryKey: ['outlook', id, stage],
    staleTime: Infinity,
    queryFn: ({ signal }) => client.jobOutlook({ id }, { signal }),
  });

/** The newest job that succeeded. */
export const useNewestSucceeded = () =>
  useQuery({
    queryKey: ['newest'],
    queryFn: ({ signal }) => client.listJobs({ state: 'succeeded', limit: 1 }, { signal }),
  });

export const useModels = () =>
  useQuery({
    queryKey: ['models'],
    staleTime: 0,
    queryFn: ({ signal }) => firstOf(all(client.listModels, { limit: LONGEST_PAGE }, { signal }), MOST),
  });
export const useDatasets = () =>
  useQuery({
    queryKey: ['datasets'],
    staleTime: 0,
    queryFn: ({ signal }) => firstOf(all(client.listDatasets, { limit: LONGEST_PAGE }, { signal }), MOST),
  });
export const useModel = (id: string) =>
  useQuery({
    queryKey: ['model', id],
    queryFn: ({ signal }) => client.getModel({ id }, { signal }),
    staleTime: Infinity,
  });
export const useDataset = (id: string | null) =>
  useQuery({
    queryKey: ['dataset', id],
    enabled: id !== null,
    queryFn: ({ signal }) => client.getDataset({ id: id ?? '' }, { signal }),
    staleTime: Infinity,
  });
export const usePasses = () =>
  useQuery({
    queryKey: ['passes'],
    queryFn: ({ signal }) => client.listPasses({}, { signal }),
    staleTime: Infinity,
  });

/** The system as operators look at it. */
export const useSystem = () =>
  useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => client.systemReport({}, { signal }),
    refetchInterval: LINE_MS,
    staleTime: 0,
  });

export interface SweepChoice {
  state: string;
  q: string;
  cursor: string;
}

/** A page of sweeps, newest first; asked again like the jobs. */
export function useSweeps(choice: SweepChoice) {
  return useQuery({
    queryKey: ['sweeps', choice],
    queryFn: ({ signal }) =>
      client.listSweeps({ limit: PAGE_LENGTH, ...choice, state: choice.state as SweepState }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: ({ state: query }) =>
      query.data?.items.some(({ state }) => !hasEnded(state)) ? LIVE_MS : AT_REST_MS,
  });
}

/** Machines that measure, as they are now; asked once where nobody looks at their states. */
export const useDevices = ({ isLive = true } = {}) =>
  useQuery({
    queryKey: ['devices'],
    queryFn: ({ signal }) => client.listDevices({}, { signal }),
    refetchInterval: isLive && DEVICES_MS,
    staleTime: 0,
  });

/**
 * Uploads an ONNX file, with the files of its data where there are some; a folder is sent as an archive, of which the
 * server takes what belongs to the model.
 */
export async function uploadModel(dropped: DroppedFile[]): Promise<Model> {
  const bytes = dropped.reduce((sum, { file }) => sum + file.size, 0);
  if (bytes > MAX_MODEL_BYTES) throw new Error(modelTooLarge(bytes));
  const [only] = dropped;
  if (only && dropped.length === 1 && /\.zip$/i.test(only.file.name))
    return client.uploadModelArchive({ body: only.file });
  const models = dropped.filter(({ file }) => /\.onnx$/i.test(file.name));
  const [model] = models;
  if (!model || models.length > 1) throw new Error('Choose one file that ends in .onnx.');
  const { name } = model.file;
  if (dropped.length === 1) return client.uploadModel({ name, body: model.file });
  if (dropped.some(({ path }) => path.includes('/')))
    return client.uploadModelArchive({ name, body: await zipOf(dropped) });
  const body = new FormData();
  body.append('model', model.file, name);
  for (const { file } of dropped) if (file !== model.file) body.append('file', file, file.name);
  return client.uploadModelParts({ name, body });
}

/**
 * Uploads a manifest and the files that it names as one form. Throws ProblemError in the words of who chose the files.
 */
export async function uploadDataset(files: File[]): Promise<DatasetRecord> {
  const fault = problemOfFiles(files);
  if (fault) throw new Error(fault);
  const form = new FormData();
  for (const file of [...files].sort((a, b) => Number(isManifest(b)) - Number(isManifest(a))))
    form.append(isManifest(file) ? 'manifest' : 'file', file, file.name);
  return client.uploadDataset({ body: form }).catch((error: unknown) => {
    if (!(error instanceof ProblemError) || !error.problem.errors) throw error;
    throw new ProblemError({ ...error.problem, errors: error.problem.errors.map(inWordsOfFiles) });
  });
}

export interface Submission {
  name?: string;
  model: string;
  dataset: string | null;
  recipe: string;
}

/** Submissions of one key are one job. */
export const submitJob = (body: Submission, idempotencyKey: string) => client.submitJob({ body }, { idempotencyKey });
export const preflightJob = (body: Submission, signal: AbortSignal) => client.preflightJob({ body }, { signal });
export const launchSweep = ({ recipe: sweep, ...rest }: Submission, idempotencyKey: string) =>
  client.launchSweep({ body: { ...rest, sweep } }, { idempotencyKey });
export const preflightSweep = ({ recipe: sweep, ...rest }: Submission, signal: AbortSignal) =>
  client.preflightSweep({ body: { ...rest, sweep } }, { signal });
export const cancelJob = (id: string) => client.cancelJob({ id });
export const retryJob = (id: string) => client.retryJob({ id });
