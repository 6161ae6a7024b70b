import { mkdir, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { connect, type Database } from '#database';
import { ApiHarness } from './api-harness.js';

const UNKNOWN = '0'.repeat(64);
const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('the API from outside', () => {
  let api: ApiHarness;
  let database: Database;

  beforeAll(async () => {
    const dashboardPath = await mkdtemp(join(tmpdir(), 'coldpress-page-'));
    await mkdir(join(dashboardPath, 'assets'));
    await writeFile(join(dashboardPath, 'index.html'), '<title>the page</title>');
    await writeFile(join(dashboardPath, 'assets', 'page-1.js'), 'run()');
    await writeFile(join(dashboardPath, 'assets', 'page-1.js.br'), brotliCompressSync('run()'));
    await writeFile(join(dashboardPath, 'assets', 'page-1.js.gz'), gzipSync('run()'));
    api = await ApiHarness.start({ dashboardPath });
    database = connect(api.config.databaseUrl);
  });
  afterAll(async () => {
    await database.close();
    await api.stop();
  });

  describe('the key', () => {
    it.each([
      ['GET', '/v1/models'],
      ['POST', '/v1/models'],
      ['GET', `/v1/models/${UNKNOWN}`],
      ['GET', `/v1/models/${UNKNOWN}/content`],
      ['DELETE', `/v1/models/${UNKNOWN}`],
      ['GET', '/v1/datasets'],
      ['POST', '/v1/datasets'],
      ['GET', '/v1/passes'],
      ['GET', '/v1/devices'],
      ['GET', '/v1/jobs'],
      ['POST', '/v1/jobs'],
      ['POST', '/v1/jobs/preflight'],
      ['GET', `/v1/jobs/${NOBODY}/events`],
      ['GET', `/v1/jobs/${NOBODY}/report`],
      ['GET', `/v1/artifacts/${UNKNOWN}`],
    ])('401 for %s %s without one, and with a wrong one', async (method, path) => {
      expect(await api.problem(method, path, { key: null })).toMatchObject({ status: 401, code: 'unauthorized' });
      expect(await api.problem(method, path, { key: `${api.key}x` })).toMatchObject({
        status: 401,
        code: 'unauthorized',
      });
    });

    it('lies in a file that only its owner may read, and in the database as a hash alone', async () => {
      expect((await stat(api.config.apiKeyFile!)).mode & 0o777).toBe(0o600);
      const { rows } = await database.pool.query<{ hash: string }>('select * from api_keys');
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain(api.key);
      expect(rows[0]!.hash).toMatch(/^[0-9a-f]{64}$/);
    });

    it('is not accepted in an address', async () => {
      expect(
        await api.problem('GET', `/v1/models?key=${api.key}&access_token=${api.key}`, { key: null }),
      ).toMatchObject({ status: 401 });
    });
  });

  describe('without a key', () => {
    it('tells that it lives, and which server behind it answers', async () => {
      expect((await api.call('GET', '/health', { key: null })).body).toEqual({ status: 'ok' });
      expect(await api.call('GET', '/ready', { key: null })).toMatchObject({
        status: 200,
        body: { status: 'ok', checks: { database: { ok: true }, queue: { ok: true }, store: { ok: true } } },
      });
    });

    it('describes every route in OpenAPI, with problems and without dangling references', async () => {
      const { body } = await api.call<{
        paths: Record<string, Record<string, { responses: object }>>;
        components: { schemas: object };
      }>('GET', '/openapi.json', { key: null });
      for (const path of [
        '/v1/models',
        '/v1/datasets',
        '/v1/jobs',
        '/v1/jobs/{id}/events',
        '/v1/artifacts/{digest}',
        '/v1/passes',
        '/ready',
      ])
        expect(body.paths).toHaveProperty([path]);
      expect(body.paths['/v1/jobs']!['post']!.responses).toHaveProperty('422');
      const text = JSON.stringify(body);
      for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
        expect(body.components.schemas).toHaveProperty([name!]);
    });

    it('has a page to try it that loads nothing from elsewhere', async () => {
      const { status, body } = await api.call<string>('GET', '/docs', { key: null });
      expect(status).toBe(200);
      expect(body).not.toMatch(/(src|href)="https?:/);
    });

    it('serves the dashboard, and the page itself for every other address that a browser opens', async () => {
      expect((await api.call('GET', '/', { key: null, headers: { accept: 'text/html' } })).body).toBe(
        '<title>the page</title>',
      );
      expect((await api.call('GET', '/jobs/1', { key: null, headers: { accept: 'text/html' } })).body).toBe(
        '<title>the page</title>',
      );
      const script = await api.call('GET', '/assets/page-1.js', { key: null });
      expect({ body: script.body, cache: script.headers.get('cache-control') }).toEqual({
        body: 'run()',
        cache: 'public, max-age=31536000, immutable',
      });
    });

    it.each([
      ['br', 'gzip, deflate, br'],
      ['gzip', 'gzip'],
      [null, 'identity'],
    ])('serves the dashboard as %s to who accepts %s', async (encoding, accepted) => {
      const { body, headers } = await api.call('GET', '/assets/page-1.js', {
        key: null,
        headers: { 'accept-encoding': accepted },
      });
      expect({
        body,
        encoding: headers.get('content-encoding'),
        cache: headers.get('cache-control'),
        vary: headers.get('vary'),
      }).toEqual({
        body: 'run()',
        encoding,
        cache: 'public, max-age=31536000, immutable',
        vary: 'Accept-Encoding',
      });
      expect(headers.get('content-type')).toMatch(/^(text|application)\/javascript/);
    });

    it('tells of an address that cannot be decoded as a problem', async () => {
      expect(await api.problem('GET', '/assets/%E0%A4%A', { key: null })).toMatchObject({
        status: 400,
        code: 'invalid_request',
      });
    });
  });

  it('404 as a problem for a route that is not there, also to a browser', async () => {
    expect(await api.problem('GET', '/v1/nothing', { headers: { accept: 'text/html' } })).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect(await api.problem('PUT', '/v1/models')).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('forbids framing, sniffing and foreign scripts', async () => {
    const { headers } = await api.call('GET', '/health');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('leaks nothing of a fault of its own', async () => {
    await database.pool.query('alter table devices rename to hidden');
    try {
      const problem = await api.problem('GET', '/v1/devices');
      expect(problem).toMatchObject({ status: 500, code: 'internal' });
      expect(JSON.stringify(problem)).not.toMatch(/devices|select|relation/i);
    } finally {
      await database.pool.query('alter table hidden rename to devices');
    }
  });
});

describe('the API with few requests a minute', () => {
  it('429 as a problem with the time to wait, for the route that was asked too often alone, key or not', async () => {
    const api = await ApiHarness.start({ requestsPerMinute: 2 });
    try {
      for (let request = 0; request < 2; request++) expect((await api.call('GET', '/v1/models')).status).toBe(200);
      expect(await api.problem('GET', '/v1/models')).toMatchObject({ status: 429, code: 'rate_limited' });
      const { headers } = await api.call('GET', '/v1/models', { key: null });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await api.call('GET', '/v1/jobs')).status).toBe(200);
    } finally {
      await api.stop();
    }
  });
});
