import { createHash } from 'node:crypto';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { DatasetRecord, Job, Model, Problem } from '#contracts';
import { connect, StageRepository, type Database } from '#database';
import { mlp } from '#testing';
import { ApiHarness, datasetForm, MANIFEST, modelBytes, npz, octets, PRUNE, type Call } from './api-harness.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const SOMETHING = '0'.repeat(64);

const cursor = (...parts: unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

describe('every part of a request is heeded or refused', () => {
  let api: ApiHarness;
  let database: Database;
  let model: Model;

  beforeAll(async () => {
    api = await ApiHarness.start({ requestsPerMinute: 100_000 });
    database = connect(api.config.databaseUrl);
    model = await api.model();
  }, 120_000);
  afterAll(async () => {
    await database.close();
    await api.stop();
  });

  const refused = (method: string, path: string, call: Call = {}): Promise<Problem> => api.problem(method, path, call);

  describe('what reaches the database', () => {
    it('a cursor is one that this list has returned', async () => {
      for (const hidden of [20, 21]) await api.model(mlp([8, hidden, 4]));
      for (let i = 0; i < 2; i++) await api.job();
      const page = (await api.call<{ nextCursor: string }>('GET', '/v1/models?limit=1')).body;
      expect((await api.call('GET', `/v1/models?cursor=${page.nextCursor}`)).status).toBe(200);
      for (const list of ['jobs', 'datasets'])
        expect(await refused('GET', `/v1/${list}?cursor=${page.nextCursor}`)).toMatchObject({
          status: 400,
          code: 'invalid_cursor',
        });
      const jobs = (await api.call<{ nextCursor: string }>('GET', '/v1/jobs?limit=1')).body;
      expect((await api.call('GET', `/v1/jobs?cursor=${jobs.nextCursor}`)).status).toBe(200);
      expect(await refused('GET', `/v1/models?cursor=${jobs.nextCursor}`)).toMatchObject({
        status: 400,
        code: 'invalid_cursor',
      });
    });

    it.each([
      ['an id of another kind', cursor('jobs', '2026-01-01T00:00:00.000Z', SOMETHING)],
      ['no list', cursor('2026-01-01T00:00:00.000Z', NOBODY)],
      ['the year 0', cursor('jobs', '0000-01-01T00:00:00.000Z', NOBODY)],
      ['a time that is none', cursor('jobs', '2026-13-01T00:00:00.000Z', NOBODY)],
      ['NUL', cursor('jobs', '2026-01-01T00:00:00.000Z', `${NOBODY}\u0000`)],
      ['text besides', `${cursor('jobs', '2026-01-01T00:00:00.000Z', NOBODY)}.`],
      ['another order of bytes', cursor('jobs', NOBODY, '2026-01-01T00:00:00.000Z')],
      ['an object', Buffer.from('{"length":3}').toString('base64url')],
    ])('a forged cursor is refused: %s', async (_what, forged) => {
      expect(await refused('GET', `/v1/jobs?cursor=${encodeURIComponent(forged)}`)).toMatchObject({
        status: 400,
        code: 'invalid_cursor',
      });
    });

    it.each(['99999999999', '2147483648', '4294967296', '-1', '1e3', '0x10', '1.5', ' 7', 'abc', '9'.repeat(400)])(
      'an id of an event is one of the job: %s',
      async (id) => {
        const job = await api.job();
        expect(await refused('GET', `/v1/jobs/${job.id}/events`, { headers: { 'last-event-id': id } })).toMatchObject({
          status: 400,
          code: 'invalid_request',
          errors: [{ field: 'Last-Event-ID' }],
        });
      },
    );

    it('an id of an event beyond the end is refused while the job runs, and the stream ends with the job after the newest', async () => {
      const job = await api.job();
      const headers = { 'last-event-id': '99999' };
      expect(await refused('GET', `/v1/jobs/${job.id}/events`, { headers })).toMatchObject({
        status: 400,
        detail: expect.stringMatching(/newest event of job .* is 1/) as unknown,
      });
      await api.call('POST', `/v1/jobs/${job.id}/cancel`);
      expect(await refused('GET', `/v1/jobs/${job.id}/events`, { headers })).toMatchObject({ status: 400 });
      const last = (await (await api.open('GET', `/v1/jobs/${job.id}/events`)).text())
        .match(/id: (\d+)/g)!
        .at(-1)!
        .slice(4);
      const rest = await (
        await api.open('GET', `/v1/jobs/${job.id}/events`, { headers: { 'last-event-id': last } })
      ).text();
      expect(rest).toContain('"snapshot"');
    });

    it('a text that the database cannot keep is refused in recipes, names and manifests', async () => {
      const submit = (submission: object) =>
        refused('POST', '/v1/jobs', { json: { model: model.id, recipe: PRUNE, ...submission } });
      expect(await submit({ name: 'a\u0000' })).toMatchObject({
        status: 400,
        detail: expect.stringContaining('NUL') as unknown,
      });
      expect(await submit({ recipe: 'name: "\\ud800"\npasses: [{pass: prune}]' })).toMatchObject({
        status: 422,
        detail: expect.stringContaining('surrogate') as unknown,
      });
      expect(
        (await api.sendDataset<Problem>({ ...MANIFEST, inputs: { 'x\u0000': { array: 'x' } } }, { 'data.npz': npz() }))
          .body,
      ).toMatchObject({ status: 422, code: 'dataset_manifest' });
    });

    it('bytes that are no UTF-8 are refused, not replaced, in bodies, manifests and addresses', async () => {
      const latin1 = (text: string) => Buffer.from(text, 'latin1');
      const json = latin1(JSON.stringify({ name: 'caf\u00e9', model: model.id, recipe: PRUNE }));
      const utf8 = { status: 400, detail: expect.stringContaining('UTF-8') as unknown };
      const body = { body: json, headers: { 'content-type': 'application/json' } };
      expect(await refused('POST', '/v1/jobs', body)).toMatchObject(utf8);
      const form = datasetForm(MANIFEST, { 'data.npz': npz() });
      form.set('manifest', new Blob([latin1(JSON.stringify({ ...MANIFEST, name: 'caf\u00e9' }))]));
      expect(await refused('POST', '/v1/datasets', { body: form })).toMatchObject({ ...utf8, status: 422 });
      for (const path of ['/v1/models?name=caf%e9', '/v1/jobs?name=%ED%A0%80', '/v1/datasets?name=%ff'])
        expect(await refused('GET', path)).toMatchObject(utf8);
      const upload = octets(modelBytes(mlp([8, 22, 4])));
      expect(await refused('POST', '/v1/models?name=caf%e9', upload)).toMatchObject(utf8);
    });

    it.each([
      ['/v1/jobs?limit=1&limit=2', 'given twice'],
      ['/v1/models?name=a&name=b', 'given twice'],
    ])('what is wrong with %s is said: %s', async (path, words) => {
      expect(await refused('GET', path)).toMatchObject({
        status: 400,
        detail: expect.stringContaining(words) as unknown,
      });
    });

    it.each([
      '/v1/jobs/00000000-0000-0000-0000-00000000000g',
      '/v1/jobs/%00',
      '/v1/models/%00',
      `/v1/artifacts/${'g'.repeat(64)}`,
      '/v1/jobs?model=%00',
      '/v1/jobs?limit=1e9',
      '/v1/jobs?limit=NaN',
      '/v1/jobs?limit=1&limit=2',
      '/v1/models/%ff',
    ])('400 for %s', async (path) => {
      expect(await refused('GET', path)).toMatchObject({ status: 400 });
    });
  });

  describe('names are measured in bytes', () => {
    it('of a file in a form', async () => {
      const name = `${'\u65e5'.repeat(84)}.npz`;
      const { status, body } = await api.call<Problem>('POST', '/v1/datasets', {
        body: datasetForm({ ...MANIFEST, splits: { train: { file: 'x.npz' } } }, { [name]: npz() }),
      });
      expect({ status, code: body.code, detail: body.detail }).toEqual({
        status: 400,
        code: 'invalid_form',
        detail: expect.stringMatching(/has 256 bytes in UTF-8, 255 are allowed/) as unknown,
      });
    });

    it('of a file in a manifest', async () => {
      const splits = { train: { file: `${'\u65e5'.repeat(84)}.npz` } };
      expect((await api.sendDataset<Problem>({ ...MANIFEST, splits }, { 'data.npz': npz() })).body).toMatchObject({
        status: 422,
        errors: [{ field: 'splits.train.file', message: expect.stringContaining('255 bytes') as unknown }],
      });
    });

    it('and one of 255 bytes is kept', async () => {
      const name = `${'\u65e5'.repeat(83)}xx.npz`;
      expect(Buffer.byteLength(name)).toBe(255);
      expect(
        (
          await api.sendDataset<DatasetRecord>(
            { ...MANIFEST, name: 'long', splits: { train: { file: name } } },
            { [name]: npz() },
          )
        ).status,
      ).toBe(201);
    });

    it('of a model, which a download gives back whatever it holds', async () => {
      const { body } = await api.upload(modelBytes(mlp([8, 30, 4])), `${'\u65e5'.repeat(190)}\n"\u{1f600}`);
      expect((await api.open('GET', `/v1/models/${body.id}/content`)).status).toBe(200);
    });
  });

  describe('a URI', () => {
    const register = (uri: string) => refused('POST', '/v1/models', { json: { uri } });

    it('says which part of it is not understood', async () => {
      expect(await register('s3://imports/100%.onnx')).toMatchObject({
        status: 422,
        code: 'uri_not_allowed',
        detail: expect.stringContaining('%25') as unknown,
      });
      expect(await register('s3://b/%ff')).toMatchObject({
        status: 422,
        detail: expect.stringContaining('UTF-8') as unknown,
      });
      expect(await register('s3://imports/plain.onnx?versionId=abc')).toMatchObject({
        status: 422,
        detail: expect.stringContaining('version') as unknown,
      });
      expect(await register(`${pathToFileURL(api.folder).href}/100%.onnx`)).toMatchObject({
        status: 422,
        detail: expect.stringContaining('%25') as unknown,
      });
      const problem = await register('s3://AKIA:secret@imports/plain.onnx');
      expect(problem).toMatchObject({ status: 422, detail: expect.stringContaining('credentials') as unknown });
      expect(problem.detail).not.toContain('secret');
    });

    it('of a file that is called as badly as may be', async () => {
      const path = join(api.folder, '100% #1?.onnx');
      await writeFile(path, modelBytes(mlp([8, 31, 4])));
      const { status, body } = await api.call<Model>('POST', '/v1/models', {
        json: { uri: pathToFileURL(path).href.replaceAll('?', '%3F') },
      });
      expect({ status, name: body.name }).toEqual({ status: 201, name: '100% #1?.onnx' });
    });

    it('of a bucket that is not allowed', async () => {
      expect(await register('s3://imports/plain.onnx')).toMatchObject({
        status: 422,
        detail: expect.stringContaining('COLDPRESS_IMPORT_S3') as unknown,
      });
    });
  });

  describe('400', () => {
    it.each([
      ['GET', '/v1/jobs?stat=failed', {}, 'did you mean "state"?'],
      ['GET', '/v1/models?nmae=x', {}, 'did you mean "name"?'],
      ['POST', '/v1/models?nmae=x', octets('x'), 'did you mean "name"?'],
      ['POST', '/v1/datasets?name=x', octets('x'), 'no query parameter "name"'],
      ['GET', '/v1/passes?limit=1', {}, 'no query parameter "limit"'],
      ['GET', `/v1/jobs/${NOBODY}?stages=no`, {}, 'no query parameter "stages"'],
      ['DELETE', `/v1/jobs/${NOBODY}?force=true`, {}, 'no query parameter "force"'],
      ['POST', `/v1/jobs/${NOBODY}/cancel?reason=x`, {}, 'no query parameter "reason"'],
      ['GET', '/health?deep=1', {}, 'no query parameter "deep"'],
      ['POST', `/v1/jobs/${NOBODY}/cancel`, { json: { reason: 'x' } }, 'takes no body'],
      ['DELETE', `/v1/jobs/${NOBODY}`, octets('x'), 'takes no body'],
      ['POST', `/v1/jobs/${NOBODY}/retry`, { headers: { 'idempotency-key': 'k' } }, 'idempotency-key'],
      [
        'POST',
        '/v1/models',
        { ...octets('x'), headers: { 'content-type': 'application/octet-stream', 'content-range': 'bytes 0-0/2' } },
        'content-range',
      ],
      ['DELETE', `/v1/models/${SOMETHING}`, { headers: { 'if-match': '"x"' } }, 'if-match'],
      ['POST', '/v1/jobs', { json: { model: SOMETHING, recipe: PRUNE, prioritty: 3 } }, 'there is no "prioritty" here'],
    ] as [string, string, Call, string][])('%s %s', async (method, path, call, detail) => {
      expect(await refused(method, path, call)).toMatchObject({
        status: 400,
        code: 'invalid_request',
        detail: expect.stringContaining(detail) as unknown,
      });
    });

    it('two names for one model', async () => {
      expect(await refused('POST', '/v1/models?name=a', { json: { uri: 's3://b/x', name: 'b' } })).toMatchObject({
        status: 400,
        errors: [{ field: 'name' }],
      });
    });

    const part = (headers: string, content = 'abc') =>
      new TextEncoder().encode(`--x\r\n${headers}\r\n\r\n${content}\r\n--x--\r\n`);
    const form = (body: Uint8Array<ArrayBuffer>) =>
      refused('POST', '/v1/datasets', { body, headers: { 'content-type': 'multipart/form-data; boundary=x' } });

    it('parts of a form that would be dropped', async () => {
      expect(await form(part('content-disposition: form-data; name="file"; filename="a/data.npz"'))).toMatchObject({
        status: 400,
        code: 'invalid_form',
        detail: expect.stringContaining('"a/data.npz"') as unknown,
      });
      expect(
        await form(
          part('content-disposition: form-data; name="file"; filename="data.npz"\r\ncontent-transfer-encoding: base64'),
        ),
      ).toMatchObject({ status: 400, detail: expect.stringContaining('base64') as unknown });
      const twice = new FormData();
      for (let i = 0; i < 2; i++) twice.append('manifest', JSON.stringify(MANIFEST));
      expect(await refused('POST', '/v1/datasets', { body: twice })).toMatchObject({
        status: 400,
        detail: expect.stringContaining('two parts "manifest"') as unknown,
      });
      const more = new FormData();
      for (let i = 0; i < 9; i++) more.append(`x${i}`, 'x');
      expect(await refused('POST', '/v1/datasets', { body: more })).toMatchObject({ status: 400 });
    });
  });

  describe('Content-Encoding', () => {
    const packed = (headers: Record<string, string>, bytes: Uint8Array) => ({
      body: new Uint8Array(bytes),
      headers: { 'content-encoding': 'gzip', ...headers },
    });

    it('415 for bytes and forms that come packed, naming the coding', async () => {
      const bytes = gzipSync(modelBytes());
      for (const path of ['/v1/models', '/v1/datasets']) {
        const type = path === '/v1/models' ? 'application/octet-stream' : 'multipart/form-data; boundary=x';
        expect(await refused('POST', path, packed({ 'content-type': type }, bytes))).toMatchObject({
          status: 415,
          code: 'unsupported_media_type',
          detail: expect.stringContaining('"gzip"') as unknown,
        });
      }
    });

    it('JSON is unpacked, within the limit', async () => {
      const headers = { 'content-type': 'application/json' };
      const job = await api.call<Job>(
        'POST',
        '/v1/jobs',
        packed(headers, gzipSync(JSON.stringify({ model: model.id, recipe: PRUNE }))),
      );
      expect(job.status).toBe(201);
      expect(
        await refused('POST', '/v1/jobs', packed(headers, gzipSync(`"${' '.repeat(5 * 1024 ** 2)}"`))),
      ).toMatchObject({ status: 413, code: 'request_too_large', detail: expect.stringContaining('4 MiB') as unknown });
      expect(await refused('POST', '/v1/jobs', packed(headers, Buffer.from('no gzip')))).toMatchObject({
        status: 400,
        detail: expect.not.stringContaining('incorrect header') as unknown,
      });
      expect(
        await refused('POST', '/v1/jobs', packed({ ...headers, 'content-encoding': 'zstd2' }, Buffer.from('x'))),
      ).toMatchObject({ status: 415 });
    });

    it('415 for a job that is no JSON', async () => {
      expect(
        await refused('POST', '/v1/jobs', { body: 'model: x', headers: { 'content-type': 'text/yaml' } }),
      ).toMatchObject({ status: 415, detail: expect.stringContaining('application/json') as unknown });
    });
  });

  describe('headers with a meaning', () => {
    const bytes = modelBytes(mlp([8, 32, 4]));
    const digestOf = (content: Uint8Array) => `sha-256=:${createHash('sha256').update(content).digest('base64')}:`;
    const send = (headers: Record<string, string>) => ({
      body: bytes,
      headers: { 'content-type': 'application/octet-stream', ...headers },
    });

    it('Content-Digest is checked', async () => {
      expect(
        await refused('POST', '/v1/models', send({ 'content-digest': digestOf(new Uint8Array(3)) })),
      ).toMatchObject({ status: 400, code: 'content_digest' });
      expect(await refused('POST', '/v1/models', send({ 'content-digest': 'md5=:AAAA:' }))).toMatchObject({
        status: 400,
        code: 'invalid_request',
      });
      const both = { 'content-digest': digestOf(bytes), 'repr-digest': digestOf(new Uint8Array(3)) };
      expect(await refused('POST', '/v1/models', send(both))).toMatchObject({ status: 400 });
      const json = { json: { uri: 'file:///x.onnx' }, headers: { 'content-digest': digestOf(bytes) } };
      expect(await refused('POST', '/v1/models', json)).toMatchObject({
        status: 400,
        detail: expect.stringContaining('Content-Digest') as unknown,
      });
      expect((await api.call('POST', '/v1/models', send({ 'content-digest': digestOf(bytes) }))).status).toBe(201);
    });

    it('If-Match of a download is heeded', async () => {
      const path = `/v1/models/${model.id}/content`;
      expect(await refused('GET', path, { headers: { 'if-match': '"other"' } })).toMatchObject({
        status: 412,
        code: 'precondition_failed',
      });
      expect((await api.call('GET', path, { headers: { 'if-match': `"${model.id}"` } })).status).toBe(200);
    });

    it('406 for a report in a form that there is not', async () => {
      const stages = new StageRepository(database);
      const job = await api.job();
      expect(
        await refused('GET', `/v1/jobs/${job.id}/report`, { headers: { accept: 'application/pdf' } }),
      ).toMatchObject({ status: 406, code: 'not_acceptable' });
      await stages.close();
    });
  });

  it('an upload that is broken off leaves nothing, wherever it breaks off', async () => {
    const uploads = join(api.config.workPath, 'uploads');
    const { hostname, port } = new URL(api.url);
    const start = '--x\r\ncontent-disposition: form-data; name="file"; filename="data.npz"\r\n\r\nabc';
    const head = (path: string, type: string) =>
      `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${api.key}\r\ncontent-type: ${type}\r\ncontent-length: 100000\r\n\r\n`;
    for (const text of [
      head('/v1/datasets', 'multipart/form-data; boundary=x') + start,
      head('/v1/datasets', 'multipart/form-data; boundary=x'),
      `${head('/v1/models', 'application/octet-stream')}abc`,
    ]) {
      for (let i = 0; i < 10; i++) {
        await new Promise<void>((resolve) => {
          const socket = connectTcp(Number(port), hostname, () =>
            socket.write(text, () => setImmediate(() => socket.resetAndDestroy())),
          );
          socket.on('close', () => resolve()).on('error', () => undefined);
        });
      }
    }
    await becomesTrue(async () => (await readdir(uploads).catch(() => [])).length === 0);
  });

  it('what is no HTTP is told as a problem too', async () => {
    const { hostname, port } = new URL(api.url);
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connectTcp(Number(port), hostname, () => socket.write('NONSENSE\r\n\r\n'));
      socket
        .on('data', (piece) => (text += String(piece)))
        .on('close', () => resolve(text))
        .on('error', () => undefined);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"invalid_request"/);
  });

  it('a damaged file is told by a status, not by a connection that breaks', async () => {
    const damaged = await api.model(mlp([8, 33, 4]));
    const path = new URL(
      `blobs/${damaged.id.slice(0, 2)}/${damaged.id.slice(2, 4)}/${damaged.id}`,
      `${api.config.storeUrl}/`,
    ).pathname;
    const bytes = await readFile(path);
    bytes[0] = 255 - bytes[0]!;
    await writeFile(path, bytes);
    const { status, headers, body } = await api.call<Problem>('GET', `/v1/models/${damaged.id}/content`);
    expect({ status, code: body.code, type: headers.get('content-type')?.split(';')[0] }).toEqual({
      status: 500,
      code: 'digest_mismatch',
      type: 'application/problem+json',
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('etag')).toBeNull();
    await appendFile(path, 'x');
    expect((await api.call('GET', `/v1/models/${damaged.id}/content`)).status).toBe(500);
  });

  it('an unknown address is told without its query', async () => {
    const problem = await refused('GET', '/v1/nothing?key=secret');
    expect(problem).toMatchObject({ status: 404, detail: 'there is no GET /v1/nothing here: /docs lists the routes' });
  });
});

/** Waits for what a server does after its client is gone. */
async function becomesTrue(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe('behind a proxy that is trusted', () => {
  it('each client has a rate limit of its own', async () => {
    const api = await ApiHarness.start({ requestsPerMinute: 1, trustProxy: 'loopback' });
    try {
      const ask = async (address: string) =>
        (await api.call('GET', '/v1/passes', { headers: { 'x-forwarded-for': address } })).status;
      expect([await ask('192.0.2.1'), await ask('192.0.2.2'), await ask('192.0.2.1')]).toEqual([200, 200, 429]);
    } finally {
      await api.stop();
    }
  });

  it('and one that is not trusted cannot give itself more', async () => {
    const api = await ApiHarness.start({ requestsPerMinute: 1 });
    try {
      const ask = async (address: string) =>
        (await api.call('GET', '/v1/passes', { headers: { 'x-forwarded-for': address } })).status;
      expect([await ask('192.0.2.1'), await ask('192.0.2.2')]).toEqual([200, 429]);
    } finally {
      await api.stop();
    }
  });

  it('a setting that names no addresses stops the start', async () => {
    await expect(ApiHarness.start({ trustProxy: 'nobody' })).rejects.toThrow('COLDPRESS_TRUST_PROXY: "nobody"');
  });
});
