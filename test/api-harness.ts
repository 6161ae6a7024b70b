import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { toBinary } from '@bufbuild/protobuf';
import {
  parseConfig,
  toEnvironment,
  type Config,
  type DatasetRecord,
  type Job,
  type Model,
  type Problem,
} from '#contracts';
import { ApiKeyRepository, connect } from '#database';
import { writeNpz, type NpzArray } from '#datasets';
import { GraphBuilder, ModelProtoSchema, type ModelProto } from '#onnx';
import { createTestDatabase, mlp } from '#testing';
import { startApi } from '../apps/api/src/app.js';
import { documentOf, undocumented } from './contract/documented.js';

const API = resolve(__dirname, '../dist/apps/api/src/main.js');
const EXAMPLE = resolve(__dirname, '../examples/seed-net');

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

type Body = string | Uint8Array<ArrayBuffer> | FormData | ReadableStream;

export interface Call {
  body?: Body;
  json?: unknown;
  headers?: Record<string, string>;
  /** Null sends no key. */
  key?: string | null;
}

interface Served {
  url: string;
  close(): Promise<unknown>;
  /** Kills the process and starts another on the same records. */
  restart?(): Promise<Served>;
}

/**
 * The real API on a free port, with a database and a store of its own; no worker, so that jobs stay as they were
 * submitted.
 */
export class ApiHarness {
  private constructor(
    readonly folder: string,
    readonly config: Config,
    private served: Served,
    readonly key: string,
  ) {}

  static start(settings: Partial<Config> = {}): Promise<ApiHarness> {
    return ApiHarness.with(settings, async (config) => {
      const { app, url } = await startApi(config);
      return { url, close: () => app.close() };
    });
  }

  /** As a process of its own, which `restart` kills. */
  static startProcess(settings: Partial<Config> = {}): Promise<ApiHarness> {
    return ApiHarness.with(settings, serveProcess);
  }

  /** SIGKILL, and another process on the same records. */
  async restart(): Promise<void> {
    if (!this.served.restart) throw new Error('only an API that is a process of its own is killed');
    this.served = await this.served.restart();
  }

  /** As a process of its own, whose work folder is a disk of 2 MiB that only it sees. */
  static startOnSmallDisk(): Promise<ApiHarness> {
    return ApiHarness.with({}, async (config) => {
      await mkdir(config.workPath);
      const namespace = process.getuid?.() === 0 ? ['-m'] : ['-r', '-m'];
      const script = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$1" "$2"';
      const child = spawn('unshare', [...namespace, 'sh', '-c', script, config.workPath, process.execPath, API], {
        env: { ...process.env, ...toEnvironment(config) },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      const ended = once(child, 'exit');
      return { url: (JSON.parse(line) as { url: string }).url, close: () => (child.kill('SIGTERM'), ended) };
    });
  }

  private static async with(
    settings: Partial<Config>,
    serve: (config: Config) => Promise<Served>,
  ): Promise<ApiHarness> {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-api-'));
    const keyFile = join(folder, 'key');
    const config = parseConfig(
      toEnvironment({
        port: 0,
        databaseUrl: await createTestDatabase(),
        storeUrl: pathToFileURL(join(folder, 'store')).href,
        workPath: join(folder, '.work'),
        importPath: folder,
        apiKeyFile: keyFile,
        logLevel: 'silent',
        stageMemoryMb: 1024,
        ...settings,
      }),
    );
    const served = await serve(config);
    return new ApiHarness(folder, config, served, (await readFile(keyFile, 'utf8')).trim());
  }

  get url(): string {
    return this.served.url;
  }

  async stop(): Promise<void> {
    await this.served.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Any answer; its body is parsed when it is JSON, and held against the OpenAPI document. */
  async call<T>(
    method: string,
    path: string,
    { body, json, headers = {}, key = this.key }: Call = {},
  ): Promise<Answer<T>> {
    const response = await this.open(method, path, {
      body: json === undefined ? body : JSON.stringify(json),
      headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      key,
    });
    const text = await response.text();
    const given = { method, path, status: response.status, contentType: response.headers.get('content-type'), text };
    expect(undocumented(await documentOf(this.url), given)).toEqual([]);
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
  }

  /** Any answer, its body unread. Like every answer, it must be one that the OpenAPI document describes. */
  async open(
    method: string,
    path: string,
    { body, headers = {}, key = this.key }: Call = {},
    signal?: AbortSignal,
  ): Promise<Response> {
    const init: RequestInit & { duplex?: 'half' } = {
      method,
      headers: { ...headers, ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      ...(body === undefined ? {} : { body: body as NonNullable<RequestInit['body']>, duplex: 'half' }),
      ...(signal ? { signal } : {}),
    };
    const response = await fetch(`${this.url}${path}`, init);
    const given = {
      method,
      path,
      status: response.status,
      contentType: response.headers.get('content-type'),
      text: null,
    };
    expect(undocumented(await documentOf(this.url), given)).toEqual([]);
    return response;
  }

  /** A problem, checked for its form: the content type, the status in the body, and nothing of our insides. */
  async problem(method: string, path: string, call: Call = {}): Promise<Problem> {
    const { status, headers, body } = await this.call<Problem>(method, path, call);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body.status).toBe(status);
    expect(body.detail).not.toMatch(/node_modules|\.[jt]s:\d/);
    return body;
  }

  upload<T = Model>(bytes: Uint8Array<ArrayBuffer>, name = 'net.onnx'): Promise<Answer<T>> {
    return this.call<T>('POST', `/v1/models?name=${encodeURIComponent(name)}`, octets(bytes));
  }

  async model(proto: ModelProto = mlp()): Promise<Model> {
    return (await this.upload(modelBytes(proto))).body;
  }

  sendDataset<T = DatasetRecord>(
    manifest: unknown,
    files: Record<string, Uint8Array<ArrayBuffer>>,
  ): Promise<Answer<T>> {
    return this.call<T>('POST', '/v1/datasets', { body: datasetForm(manifest, files) });
  }

  async dataset(): Promise<DatasetRecord> {
    return (await this.sendDataset(MANIFEST, { 'data.npz': npz() })).body;
  }

  /** A key of somebody else. */
  async secondKey(): Promise<string> {
    const database = connect(this.config.databaseUrl);
    const { key } = await new ApiKeyRepository(database).create('second').finally(() => database.close());
    return key;
  }

  /** A job that waits for a worker which never comes. */
  async job(submission: Record<string, unknown> = {}): Promise<Job> {
    const model = await this.model();
    return (await this.call<Job>('POST', '/v1/jobs', { json: { model: model.id, recipe: PRUNE, ...submission } })).body;
  }
}

async function serveProcess(config: Config): Promise<Served> {
  const child = spawn(process.execPath, [API], {
    env: { ...process.env, ...toEnvironment(config) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  const ended = once(child, 'exit');
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return {
    url: (JSON.parse(line) as { url: string }).url,
    close: () => end('SIGTERM'),
    restart: async () => {
      await end('SIGKILL');
      return serveProcess(config);
    },
  };
}

export const PRUNE = { passes: [{ pass: 'prune', options: { granularity: 'weight', ratio: 0.5 } }] };

export const octets = (body: Body): Call => ({ body, headers: { 'content-type': 'application/octet-stream' } });

export function modelBytes(proto: ModelProto = mlp()): Uint8Array<ArrayBuffer> {
  return new Uint8Array(toBinary(ModelProtoSchema, proto));
}

export const seedNet = async (): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await readFile(join(EXAMPLE, 'seed-net.onnx')));

/** A model that is right but for the opset it declares, or for one node of a domain that nobody knows. */
export function oddModel({ opset, domain }: { opset?: number; domain?: string }): Uint8Array<ArrayBuffer> {
  const builder = new GraphBuilder('odd');
  const x = builder.input('x', ['batch', 4]);
  builder.op(
    'Relu',
    [x],
    {},
    { outputs: [builder.output('y', ['batch', 4])], ...(domain === undefined ? {} : { domain }) },
  );
  return modelBytes(opset === undefined ? builder.build() : builder.build(opset));
}

/** Ten samples of the eight numbers that `mlp()` takes, in four classes. */
export function npz({
  rows = 10,
  labels = rows,
  largest = 3,
  width = 8,
}: { rows?: number; labels?: number; largest?: number; width?: number } = {}): Uint8Array<ArrayBuffer> {
  const x: NpzArray = {
    dtype: 'f4',
    dims: [rows, width],
    data: Float32Array.from({ length: rows * width }, (_, i) => (i % 7) / 7),
  };
  const y: NpzArray = {
    dtype: 'i8',
    dims: [labels],
    data: BigInt64Array.from({ length: labels }, (_, i) => BigInt(i % (largest + 1))),
  };
  return new Uint8Array(writeNpz({ x, y }));
}

export const MANIFEST = {
  name: 'ten samples',
  inputs: { '*': { array: 'x' } },
  labels: { array: 'y', classes: 4 },
  splits: { train: { file: 'data.npz' }, test: { file: 'data.npz', count: 5 } },
};

export function datasetForm(manifest: unknown, files: Record<string, Uint8Array<ArrayBuffer>>): FormData {
  const form = new FormData();
  if (manifest !== undefined)
    form.append(
      'manifest',
      new Blob([typeof manifest === 'string' ? manifest : JSON.stringify(manifest)]),
      'dataset.json',
    );
  for (const [name, bytes] of Object.entries(files)) form.append('file', new Blob([bytes]), name);
  return form;
}
