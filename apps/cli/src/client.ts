import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Dataset,
  fieldProblems,
  isFinal,
  Job,
  JobEvent,
  JobItem,
  Model,
  Page,
  parseEventStream,
  Preflight,
  Problem,
  sentenceOf,
  type JobSubmission,
} from '#contracts';
import type { z } from 'zod';
import { ApiProblemError, UnexpectedAnswerError, UnreachableError } from './errors.js';
import { fileToSend } from './local-file.js';
import { wholeModel } from './whole-model.js';

/** Pauses between attempts to take up a broken event stream; the last one repeats. */
const RESUME_AFTER_MS = [200, 500, 1000, 2000, 5000];
/** After so many attempts in a row without an event the watcher gives up. */
const RESUME_ATTEMPTS = 20;

type Query = Record<string, string | number | undefined>;

/** The REST API as typed calls. Answers are parsed by the schemas of libs/contracts; problems become ApiProblemError. */
export class Client {
  constructor(
    readonly url: string,
    private readonly apiKey: string,
  ) {}

  /**
   * Streams a file up; the server answers with the stored model, whether or not it knew the bytes already. A model whose data lie in
   * files beside it is sent as one file, with them.
   */
  async pushModel(path: string, name = basename(path)): Promise<Model> {
    return this.sendModel(await fileToSend(path), name).catch(async (error: unknown) => {
      if (!(error instanceof ApiProblemError) || error.code !== 'external_data') throw error;
      return this.sendModel(await wholeModel(path), name);
    });
  }

  private async sendModel(body: Blob, name: string): Promise<Model> {
    return this.parsed(
      Model,
      await this.send('POST', `/v1/models${queryString({ name })}`, {
        body,
        headers: { 'content-type': 'application/octet-stream' },
      }),
    );
  }

  registerModel(uri: string, name?: string): Promise<Model> {
    return this.post(Model, '/v1/models', { uri, name });
  }

  listModels(query: Query = {}): AsyncGenerator<Model> {
    return this.pages(Model, '/v1/models', query);
  }

  getModel(id: string): Promise<Model> {
    return this.get(Model, `/v1/models/${id}`);
  }

  /** The bytes of a model. */
  modelContent(id: string): Promise<ReadableStream<Uint8Array>> {
    return this.stream(`/v1/models/${id}/content`);
  }

  deleteModel(id: string): Promise<void> {
    return this.delete(`/v1/models/${id}`);
  }

  /** Sends a manifest and the files that it names, which lie beside it. */
  async pushDataset(manifestPath: string, fileNames: readonly string[]): Promise<Dataset> {
    const form = new FormData();
    form.append('manifest', await fileToSend(manifestPath), basename(manifestPath));
    for (const name of fileNames) form.append('file', await fileToSend(join(dirname(manifestPath), name)), name);
    return this.parsed(Dataset, await this.send('POST', '/v1/datasets', { body: form }));
  }

  registerDataset(uri: string): Promise<Dataset> {
    return this.post(Dataset, '/v1/datasets', { uri });
  }

  listDatasets(query: Query = {}): AsyncGenerator<Dataset> {
    return this.pages(Dataset, '/v1/datasets', query);
  }

  getDataset(id: string): Promise<Dataset> {
    return this.get(Dataset, `/v1/datasets/${id}`);
  }

  deleteDataset(id: string): Promise<void> {
    return this.delete(`/v1/datasets/${id}`);
  }

  /** Submits a job; the same idempotency key with the same submission answers with the same job. */
  submitJob(submission: JobSubmission, idempotencyKey: string): Promise<Job> {
    return this.post(Job, '/v1/jobs', submission, { 'idempotency-key': idempotencyKey });
  }

  preflight(submission: JobSubmission): Promise<Preflight> {
    return this.post(Preflight, '/v1/jobs/preflight', submission);
  }

  listJobs(query: Query = {}): AsyncGenerator<JobItem> {
    return this.pages(JobItem, '/v1/jobs', query);
  }

  getJob(id: string): Promise<Job> {
    return this.get(Job, `/v1/jobs/${id}`);
  }

  cancelJob(id: string): Promise<Job> {
    return this.post(Job, `/v1/jobs/${id}/cancel`, {});
  }

  retryJob(id: string): Promise<Job> {
    return this.post(Job, `/v1/jobs/${id}/retry`, {});
  }

  deleteJob(id: string): Promise<void> {
    return this.delete(`/v1/jobs/${id}`);
  }

  /** The evidence of a job that succeeded, as text of the type asked for. */
  async getReport(id: string, type: 'text/markdown' | 'application/json'): Promise<string> {
    return (await this.send('GET', `/v1/jobs/${id}/report`, { headers: { accept: type } })).text();
  }

  getArtifact(digest: string): Promise<ReadableStream<Uint8Array>> {
    return this.stream(`/v1/artifacts/${digest}`);
  }

  /**
   * A job's events, a snapshot first, until the job is final. A broken connection is taken up again after the last
   * event seen; only a server that stays away ends the watch, with UnreachableError.
   */
  async *watchJob(id: string): AsyncGenerator<JobEvent> {
    let lastId = '';
    for (let attempt = 0; attempt < RESUME_ATTEMPTS; attempt++) {
      try {
        const response = await this.send('GET', `/v1/jobs/${id}/events`, {
          headers: lastId ? { 'last-event-id': lastId } : {},
        });
        for await (const { id: eventId, data } of parseEventStream(response.body as ReadableStream<Uint8Array>)) {
          attempt = 0;
          if (eventId) lastId = eventId;
          const event = JobEvent.parse(JSON.parse(data));
          yield event;
          if (isLast(event)) return;
        }
      } catch (error) {
        if (error instanceof ApiProblemError && error.problem.status < 500) throw error;
        if (attempt + 1 === RESUME_ATTEMPTS) throw error;
      }
      await delay(RESUME_AFTER_MS[Math.min(attempt, RESUME_AFTER_MS.length - 1)]);
    }
  }

  /** Every event of a job that has ended. */
  async *pastEvents(id: string): AsyncGenerator<JobEvent> {
    for await (const { data } of parseEventStream(await this.stream(`/v1/jobs/${id}/events`)))
      yield JobEvent.parse(JSON.parse(data));
  }

  private async *pages<T extends z.ZodType>(item: T, path: string, query: Query): AsyncGenerator<z.infer<T>> {
    for (let cursor: string | undefined; ;) {
      const page: { items: z.infer<T>[]; nextCursor: string | null } = await this.get(
        Page(item),
        `${path}${queryString({ ...query, cursor })}`,
      );
      yield* page.items;
      if (page.nextCursor === null) return;
      cursor = page.nextCursor;
    }
  }

  private async stream(path: string): Promise<ReadableStream<Uint8Array>> {
    return (await this.send('GET', path)).body as ReadableStream<Uint8Array>;
  }

  private async delete(path: string): Promise<void> {
    await this.send('DELETE', path);
  }

  private async get<T extends z.ZodType>(schema: T, path: string): Promise<z.infer<T>> {
    return this.parsed(schema, await this.send('GET', path));
  }

  private async post<T extends z.ZodType>(
    schema: T,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<z.infer<T>> {
    return this.parsed(
      schema,
      await this.send('POST', path, {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    );
  }

  private async parsed<T extends z.ZodType>(schema: T, response: Response): Promise<z.infer<T>> {
    const body: unknown = await response.json().catch((cause: unknown) => {
      throw new UnexpectedAnswerError(this.url, 'it is not JSON', { cause });
    });
    const result = schema.safeParse(body);
    if (result.success) return result.data;
    throw new UnexpectedAnswerError(this.url, sentenceOf(fieldProblems(result.error.issues).slice(0, 3)), {
      cause: result.error,
    });
  }

  private async send(
    method: string,
    path: string,
    init: { body?: Blob | FormData | string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${this.apiKey}` };
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(init.body ? { body: init.body } : {}),
      headers,
    }).catch((error: unknown) => {
      throw new UnreachableError(this.url, error);
    });
    if (!response.ok) throw new ApiProblemError(await problemOf(response));
    return response;
  }
}

function isLast(event: JobEvent): boolean {
  return event.type === 'job' ? isFinal(event.state) : event.type === 'snapshot' && isFinal(event.job.state);
}

function queryString(query: Query): string {
  const entries = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as [string, string]],
  );
  return entries.length > 0 ? `?${new URLSearchParams(entries)}` : '';
}

async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const parsed = Problem.safeParse(body);
  if (parsed.success) return parsed.data;
  return {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: 'unknown',
    detail: `the server answered ${response.status}`,
  };
}
