import { createClient, type Client } from './client.js';
import { ProblemError, UnexpectedAnswerError } from './errors.js';
import { patiently, type Patience } from './patience.js';
import {
  answers,
  breaks,
  refuses,
  scriptedServer,
  type Reply,
  type ScriptedServer,
} from './scripted-server.fixture.js';

const KEY = {
  id: '11111111-2222-4333-8444-555555555555',
  lastUsedAt: null,
  name: 'a key',
  role: 'admin',
  createdAt: '2026-01-31T12:00:00.000Z',
};

describe('a call that is made with patience', () => {
  let server: ScriptedServer;
  let client: Client;
  afterEach(() => server.close());

  async function own(replies: readonly Reply[], patience: Patience = {}): Promise<unknown> {
    server = await scriptedServer(...replies);
    client = createClient({ url: server.url, apiKey: 'cp_key' });
    return patiently(() => client.ownKey({}), patience);
  }

  it('is made again after more breaks than a call bears by itself, and tells of each series', async () => {
    const told: string[] = [];
    const onBreak = (error: Error, pauseMs: number) => told.push(`${pauseMs > 0} ${error.name}`);
    const call = own([breaks, breaks, breaks, refuses(503, 'unavailable'), breaks, breaks, answers(KEY)], { onBreak });
    await expect(call).resolves.toMatchObject({ name: 'a key' });
    expect(told).toEqual(['true UnreachableError', 'true UnreachableError']);
  }, 20_000);

  it('ends with what does not pass: a refusal, and an answer that nobody expects', async () => {
    await expect(own([refuses(404, 'not_found')])).rejects.toBeInstanceOf(ProblemError);
    await server.close();
    await expect(own([answers({ surprise: true })])).rejects.toBeInstanceOf(UnexpectedAnswerError);
    expect(server.requests).toHaveLength(1);
  });

  it('ends with the reason of its signal, in its pause too', async () => {
    const abort = new AbortController();
    const reason = new Error('the page is left');
    const call = own([breaks], { signal: abort.signal, onBreak: () => abort.abort(reason) });
    await expect(call).rejects.toBe(reason);
  });
});
