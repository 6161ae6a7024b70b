import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Job, JobEvent } from '#contracts';
import { createClient } from './client.js';
import { UnexpectedAnswerError } from './errors.js';
import {
  breaks,
  refuses,
  scriptedServer,
  streams,
  type Reply,
  type ScriptedServer,
} from './scripted-server.fixture.js';
import type { WatchOptions } from './watch.js';

const ID = '11111111-2222-4333-8444-555555555555';
const job = (state: Job['state']): Job => ({
  id: ID,
  name: null,
  state,
  modelId: 'a'.repeat(64),
  datasetId: null,
  sweepId: null,
  recipe: { seed: 0, passes: [{ pass: 'quantize', options: {} }], gates: [] },
  baseline: null,
  stages: [],
  gates: [],
  gatesPassed: null,
  preflight: { problems: [], skipped: [] },
  error: null,
  createdAt: '2026-01-31T12:00:00.000Z',
  finishedAt: null,
});
const snapshot = (state: Job['state']) => ({ data: { type: 'snapshot', job: job(state) } satisfies JobEvent });
const line = (id: number) => ({ id, data: { type: 'log', index: 0, line: `line ${id}` } satisfies JobEvent });

describe('an event stream', () => {
  let server: ScriptedServer;
  afterEach(() => server.close());

  async function watched(replies: readonly Reply[], options: WatchOptions = {}): Promise<string[]> {
    server = await scriptedServer(...replies);
    const client = createClient({ url: server.url, apiKey: 'cp_key' });
    const seen: string[] = [];
    for await (const { id, event } of client.watchJob({ id: ID }, options)) seen.push(id || event.type);
    return seen;
  }
  const lastIds = () => server.requests.map(({ headers }) => headers['last-event-id']);

  it('ends with the last snapshot of an ended job, not with the first', async () => {
    const whole = [snapshot('succeeded'), line(1), line(2), snapshot('succeeded')];
    expect(await watched([streams(whole)])).toEqual(['snapshot', '1', '2', 'snapshot']);
    expect(server.requests.length).toBe(1);
  });

  it('goes on after the last event that was seen when its connection closes, breaks, or finds no server', async () => {
    const breaksAt: string[] = [];
    const seen = await watched(
      [
        streams([snapshot('running'), line(1)], 'close'),
        streams([snapshot('running'), line(2)], 'break'),
        breaks,
        refuses(503, 'unavailable'),
        streams([snapshot('running'), line(3), snapshot('succeeded')]),
      ],
      { onBreak: ({ message }, wait) => breaksAt.push(`${message.split(' ').slice(-3).join(' ')} ${wait > 0}`) },
    );
    expect(seen.filter((id) => id !== 'snapshot')).toEqual(['1', '2', '3']);
    expect(lastIds()).toEqual([undefined, '1', '2', '2', '2']);
    expect(breaksAt.length).toBe(4);
    expect(breaksAt[0]).toBe('before its end true');
  });

  it('begins after an event that is known already', async () => {
    await watched([streams([snapshot('running'), line(8), snapshot('failed')])], { after: '7' });
    expect(lastIds()).toEqual(['7']);
  });

  it('is not asked for again when the server refuses it', async () => {
    await expect(watched([refuses(404, 'not_found')])).rejects.toMatchObject({ code: 'not_found' });
    expect(server.requests.length).toBe(1);
  });

  it('is given up after so many attempts in a row without an event', async () => {
    const replies = [streams([snapshot('running')], 'close'), breaks, streams([snapshot('running')], 'close'), breaks];
    await expect(watched(replies, { attempts: 3 })).rejects.toMatchObject({ code: 'unreachable' });
    expect(server.requests.length).toBe(5);
  });

  it('says that its connection closed where nothing else can be said', async () => {
    const call = watched([streams([snapshot('running')], 'close')], { attempts: 1 });
    await expect(call).rejects.toMatchObject({
      code: 'stream_broken',
      message: expect.stringContaining('closed before'),
    });
  });

  it('says which event does not parse', async () => {
    const error = await watched([streams([snapshot('running'), { id: 5, data: { type: 'log', index: 0 } }])]).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect((error as UnexpectedAnswerError).problems[0]?.field).toBe('event 5.line');
  });

  it('is closed when nobody reads it any more', async () => {
    let response: ServerResponse | undefined;
    server = await scriptedServer((given, request) => {
      response = given;
      streams([snapshot('running')], 'stay')(given, request);
    });
    const client = createClient({ url: server.url, apiKey: 'cp_key' });
    for await (const { event } of client.watchJob({ id: ID })) if (event.type === 'snapshot') break;
    if (response && !response.closed) await once(response, 'close');
    expect(response?.closed).toBe(true);
  });

  it('ends with the reason of a signal, also while it waits to be taken up again', async () => {
    const abort = new AbortController();
    const options = { signal: abort.signal, onBreak: () => abort.abort(new Error('left')) };
    await expect(watched([breaks], options)).rejects.toThrow('left');
  });
});
