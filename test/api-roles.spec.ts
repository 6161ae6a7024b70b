import type { ApiKey, CreatedApiKey, Problem, KeyRole, SystemReport } from '#contracts';
import { ApiHarness, PRUNE } from './api-harness.js';

const UNKNOWN = '0'.repeat(64);
const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('keys and what their roles may do', () => {
  let api: ApiHarness;
  const keyOf = {} as Record<KeyRole, CreatedApiKey>;

  beforeAll(async () => {
    api = await ApiHarness.start();
    for (const role of ['viewer', 'member', 'admin'] as const)
      keyOf[role] = (await api.call<CreatedApiKey>('POST', '/v1/keys', { json: { name: `a ${role}`, role } })).body;
  });
  afterAll(() => api?.stop());

  const codeOf = async (role: KeyRole, method: string, path: string, json?: unknown) => {
    const answer = await api.call<Problem>(method, path, { key: keyOf[role].key, ...(json ? { json } : {}) });
    return answer.status >= 400 ? answer.body.code : 'done';
  };

  it.each<[string, string, unknown, Record<KeyRole, string>]>([
    ['GET', '/v1/jobs', null, { viewer: 'done', member: 'done', admin: 'done' }],
    ['GET', '/v1/system', null, { viewer: 'done', member: 'done', admin: 'done' }],
    [
      'POST',
      '/v1/jobs',
      { model: UNKNOWN, recipe: PRUNE },
      { viewer: 'forbidden', member: 'not_found', admin: 'not_found' },
    ],
    ['DELETE', `/v1/models/${UNKNOWN}`, null, { viewer: 'forbidden', member: 'not_found', admin: 'not_found' }],
    ['GET', '/v1/keys/own', null, { viewer: 'done', member: 'done', admin: 'done' }],
    ['GET', '/v1/keys', null, { viewer: 'forbidden', member: 'forbidden', admin: 'done' }],
    ['POST', '/v1/keys', { name: 'x', role: 'admin' }, { viewer: 'forbidden', member: 'forbidden', admin: 'done' }],
    ['POST', '/v1/devices/codes', {}, { viewer: 'forbidden', member: 'forbidden', admin: 'done' }],
    ['DELETE', `/v1/devices/${NOBODY}`, null, { viewer: 'forbidden', member: 'forbidden', admin: 'not_found' }],
    ['DELETE', `/v1/keys/${NOBODY}`, null, { viewer: 'forbidden', member: 'forbidden', admin: 'not_found' }],
  ])('%s %s is for those who may', async (method, path, json, expected) => {
    for (const role of ['viewer', 'member', 'admin'] as const)
      expect({ role, code: await codeOf(role, method, path, json) }).toEqual({ role, code: expected[role] });
  });

  it('says which role a key has and which one is needed', async () => {
    const { detail } = await api.problem('POST', '/v1/keys', {
      key: keyOf.viewer.key,
      json: { name: 'x', role: 'viewer' },
    });
    expect(detail).toContain('the key “a viewer” has the role viewer, and this needs the role admin');
  });

  it('tells whose key asks', async () => {
    const { body } = await api.call<ApiKey>('GET', '/v1/keys/own', { key: keyOf.member.key });
    const { key: _text, ...made } = keyOf.member;
    expect(body).toEqual({ ...made, lastUsedAt: body.lastUsedAt });
  });

  it('lists keys without their text, and takes one back at once', async () => {
    const { body } = await api.call<{ items: ApiKey[] }>('GET', '/v1/keys');
    expect(body.items.map(({ name }) => name)).toEqual(expect.arrayContaining(['first key', 'a viewer', 'a member']));
    expect(JSON.stringify(body)).not.toContain(keyOf.member.key);
    expect((await api.call('DELETE', `/v1/keys/${keyOf.member.id}`)).status).toBe(204);
    expect(await codeOf('member', 'GET', '/v1/jobs')).toBe('unauthorized');
  });

  it('tells whose key asks for the system, what the queue holds and what is stored', async () => {
    const { body } = await api.call<SystemReport>('GET', '/v1/system', { key: keyOf.viewer.key });
    expect(body).toMatchObject({
      caller: { name: 'a viewer', role: 'viewer' },
      queue: { backend: 'postgres', waiting: 0, active: 0, workers: [] },
      lastDay: { computed: 0, cached: 0, hours: { length: 24 } },
    });
    expect(body.storage.map(({ kind }) => kind)).toEqual([
      'models',
      'datasets',
      'stageModels',
      'stageFiles',
      'checkpoints',
    ]);
    expect(body.versions.coldpress).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('shows the queue to admins alone, by their key as a password, and lets nobody change it there', async () => {
    const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`me:${key}`).toString('base64')}` });
    const open = (path: string, headers: Record<string, string>, method = 'GET') =>
      fetch(`${api.url}/queues${path}`, { method, headers });
    for (const headers of [{}, basic(keyOf.viewer.key), basic('x'), { authorization: `Bearer ${keyOf.admin.key}` }]) {
      const refused = await open('/', headers as Record<string, string>);
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
    }
    const admin = basic(keyOf.admin.key);
    const page = await open('/', admin);
    expect(await page.text()).toContain('<base href="/queues/"');
    expect(page.headers.get('content-security-policy')).toContain("base-uri 'self'");
    const listed = (await (await open('/api/queues', admin)).json()) as {
      queues: { name: string; readOnlyMode: boolean }[];
    };
    expect(listed.queues).toMatchObject([{ name: 'stages', readOnlyMode: true }]);
    expect((await open('/api/redis/stats', admin)).status).toBe(200);
    expect((await open('/api/queues/stages/pause', admin, 'PUT')).status).toBe(405);
  });

  it('keeps the last key of an admin', async () => {
    const { body } = await api.call<{ items: ApiKey[] }>('GET', '/v1/keys');
    const own = body.items.find(({ name }) => name === 'first key');
    for (const { id } of body.items.filter(({ role, id }) => role === 'admin' && id !== own?.id))
      await api.call('DELETE', `/v1/keys/${id}`);
    expect(await api.problem('DELETE', `/v1/keys/${own?.id}`)).toMatchObject({ status: 409, code: 'last_admin_key' });
  });
});
