import type { JobItem, PassInfo } from '#contracts';
import { all, firstOf } from './all.js';
import { createClient } from './client.js';
import { ClientError, ProblemError, UnexpectedAnswerError, UnreachableError } from './errors.js';
import {
  answers,
  breaks,
  refuses,
  scriptedServer,
  type Reply,
  type ScriptedServer,
} from './scripted-server.fixture.js';

const PASS: PassInfo = { name: 'quantize', summary: 'smaller', version: 1, options: {} };
const PASSES = { items: [PASS], nextCursor: null };
const MODEL = 'a'.repeat(64);
const JOB: JobItem = {
  id: '11111111-2222-4333-8444-555555555555',
  name: null,
  state: 'queued',
  modelId: MODEL,
  datasetId: null,
  sweepId: null,
  gatesPassed: null,
  error: null,
  createdAt: '2026-01-31T12:00:00.000Z',
  finishedAt: null,
  title: 'quantize',
  baseline: null,
  final: null,
  finalDigest: null,
  stages: [],
};
const EMPTY = { items: [], nextCursor: null };

describe('a call', () => {
  let server: ScriptedServer;
  afterEach(() => server.close());

  async function clientOf(...replies: readonly Reply[]) {
    server = await scriptedServer(...replies);
    return createClient({ url: server.url, apiKey: 'cp_key' });
  }

  it('puts parameters into the path and the query, and the key into a header alone', async () => {
    const client = await clientOf(answers(EMPTY));
    await client.listJobs({ state: 'running', q: 'a b&c', cursor: undefined });
    expect(server.requests[0]).toMatchObject({ method: 'GET', url: '/v1/jobs?state=running&q=a+b%26c' });
    const record = { id: MODEL, name: 'net', bytes: 1 };
    await client.deleteModel(record).catch(() => undefined);
    expect(server.requests.at(-1)?.url).toBe(`/v1/models/${MODEL}`);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer cp_key');
    await client.getPass({ name: 'a/../b' }).catch(() => undefined);
    expect(server.requests.at(-1)?.url).toBe('/v1/passes/a%2F..%2Fb');
  });

  it('asks for the key when it is made', async () => {
    server = await scriptedServer(answers(PASSES));
    let key: string | null = null;
    const client = createClient({ url: server.url, apiKey: () => key });
    await client.listPasses();
    key = 'cp_later';
    await client.listPasses();
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer cp_later']);
  });

  it('refuses a key that no header can carry', async () => {
    server = await scriptedServer(answers(PASSES));
    const call = createClient({ url: server.url, apiKey: 'cp_\u00e4\n' }).listPasses();
    await expect(call).rejects.toMatchObject({ code: 'no_api_key' });
    await expect(call).rejects.toBeInstanceOf(ClientError);
    expect(server.requests).toEqual([]);
  });

  it('says of an answer that does not parse which request it answers and where it differs', async () => {
    const client = await clientOf(answers({ items: [PASS, { ...PASS, version: 'two' }], nextCursor: null }));
    const error = await client.listPasses().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect((error as UnexpectedAnswerError).problems).toEqual([
      { field: 'items[1].version', message: 'expected a number, got "two"' },
    ]);
    expect((error as Error).message).toContain(`GET ${server.url}/v1/passes`);
    expect((error as Error).message).toContain('items[1].version: expected a number, got "two"');
  });

  it('says so of an answer that is not JSON', async () => {
    const client = await clientOf((response) => response.end('<html>'));
    await expect(client.getModel({ id: MODEL })).rejects.toMatchObject({
      code: 'unexpected_answer',
      problems: [{ field: '', message: 'it is not JSON' }],
    });
  });

  it('throws a problem with its code and its fields, and the status alone of a server that is another', async () => {
    const client = await clientOf(refuses(404, 'not_found'), (response) => response.writeHead(404).end('<html>'));
    const first = await client.getModel({ id: MODEL }).catch((caught: unknown) => caught);
    expect(first).toBeInstanceOf(ProblemError);
    expect(first).toMatchObject({ code: 'not_found', problem: { status: 404 } });
    await expect(client.getModel({ id: MODEL })).rejects.toMatchObject({
      code: 'unknown',
      message: 'the server answered 404 Not Found',
    });
  });

  it('may be given up, and is not tried again then', async () => {
    const abort = new AbortController();
    const client = await clientOf(() => abort.abort(new Error('enough')));
    await expect(client.listPasses({}, { signal: abort.signal })).rejects.toThrow('enough');
    expect(server.requests.length).toBe(1);
  });

  it('reads a list page by page, no further than it is wanted', async () => {
    const job = (title: string) => ({ ...JOB, title });
    const page = (title: string, nextCursor: string | null) => answers({ items: [job(title)], nextCursor });
    const client = await clientOf(page('a', 'one'), page('b', 'two'), page('c', null));
    expect(await firstOf(all(client.listJobs, { q: 'x' }), 1)).toEqual({ items: [job('a')], isCut: true });
    expect(server.requests.map(({ url }) => url)).toEqual(['/v1/jobs?q=x', '/v1/jobs?cursor=one&q=x']);
  });
});

describe('a call that fails', () => {
  let server: ScriptedServer;
  afterEach(() => server.close());

  async function clientOf(...replies: readonly Reply[]) {
    server = await scriptedServer(...replies);
    return createClient({ url: server.url, apiKey: 'cp_key' });
  }

  it('is made again when the connection broke or the server was away, if it reads', async () => {
    const client = await clientOf(breaks, (response) => response.writeHead(502).end(), answers(PASSES));
    expect(await client.listPasses()).toEqual(PASSES);
    expect(server.requests.length).toBe(3);
  });

  it('is made again with the same Idempotency-Key, if it submits', async () => {
    const client = await clientOf(breaks, refuses(409, 'idempotency_pending'), refuses(422, 'invalid_recipe'));
    const body = { model: MODEL, recipe: 'passes: []' };
    await expect(client.submitJob({ body })).rejects.toMatchObject({ code: 'invalid_recipe' });
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys.length).toBe(3);
    expect(new Set(keys).size).toBe(1);
    await client.submitJob({ body }).catch(() => undefined);
    expect(server.requests[3]?.headers['idempotency-key']).not.toBe(keys[0]);
  });

  it('is not made again when it may have done its work', async () => {
    const client = await clientOf(breaks);
    await expect(client.cancelJob({ id: 'x' })).rejects.toBeInstanceOf(UnreachableError);
    expect(server.requests.length).toBe(1);
  });

  it('is made again when the server refused it for the moment, as soon as it says', async () => {
    const client = await clientOf(refuses(429, 'too_many_requests', { 'retry-after': '1' }), refuses(409, 'job_state'));
    const started = performance.now();
    await expect(client.cancelJob({ id: 'x' })).rejects.toMatchObject({ code: 'job_state' });
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  it('is told at once when the server wants a long pause', async () => {
    const client = await clientOf(refuses(503, 'overloaded', { 'retry-after': '3600' }));
    await expect(client.listPasses()).rejects.toMatchObject({ code: 'overloaded', retryAfterS: 3600 });
    expect(server.requests.length).toBe(1);
  });

  it('has deleted what a second attempt does not find', async () => {
    const client = await clientOf(breaks, refuses(404, 'not_found'));
    await expect(client.deleteJob({ id: 'x' })).resolves.toBeUndefined();
    await expect(client.deleteJob({ id: 'x' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('says where no server answers', async () => {
    const client = await clientOf(breaks);
    await server.close();
    await expect(client.listPasses()).rejects.toMatchObject({
      code: 'unreachable',
      message: `no Coldpress server answers at ${server.url}`,
    });
  });
});
