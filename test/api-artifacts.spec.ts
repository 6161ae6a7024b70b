import { createHash } from 'node:crypto';
import { connect, StageRepository, type Database } from '#database';
import { openStore, type ArtifactStore } from '#storage';
import { ApiHarness } from './api-harness.js';

const METRICS = { bytes: 100, compressedBytes: 50, parameters: 10, nonZeros: 5 };
const CONTENT = '0123456789';
const REPORT = '{"verdict":"smaller"}';

describe('GET /v1/artifacts/:digest', () => {
  let api: ApiHarness;
  let database: Database;
  let stages: StageRepository;
  let store: ArtifactStore;
  let path: string;
  let digest: string;
  let jobId: string;

  beforeAll(async () => {
    api = await ApiHarness.start();
    database = connect(api.config.databaseUrl);
    stages = new StageRepository(database);
    store = await openStore(api.config);
    const job = await api.job();
    jobId = job.id;
    const file = await store.put(Buffer.from(CONTENT));
    digest = file.digest;
    path = `/v1/artifacts/${digest}`;
    const report = await store.put(Buffer.from(REPORT));
    const markdown = await store.put(Buffer.from('# smaller'));
    await stages.start({ jobId, run: 1, index: 0 }, 'key');
    await stages.succeed(jobId, 0, {
      key: 'k',
      cached: false,
      modelDigest: job.modelId,
      metrics: METRICS,
      skipped: [],
      summary: {},
      artifacts: [{ name: 'curve.json', ...pick(file) }],
    });
    await stages.finish(jobId, {
      baseline: METRICS,
      gates: [],
      gatesPassed: null,
      artifacts: [
        { name: 'report.json', ...pick(report) },
        { name: 'report.md', ...pick(markdown) },
      ],
    });
  });
  afterAll(async () => {
    await store.close();
    await stages.close();
    await database.close();
    await api.stop();
  });

  const pick = ({ digest: id, bytes }: { digest: string; bytes: number }) => ({ digest: id, bytes });
  const text = async (headers: Record<string, string>, method = 'GET') => {
    const response = await api.open(method, path, { headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it('200 with the whole file, under its name, and tagged by its digest', async () => {
    const { status, headers, text: body } = await text({});
    expect({ status, body }).toEqual({ status: 200, body: CONTENT });
    expect(headers.get('etag')).toBe(`"${createHash('sha256').update(CONTENT).digest('hex')}"`);
    expect(headers.get('content-disposition')).toBe('attachment; filename=curve.json');
    expect(headers.get('content-length')).toBe('10');
    expect(headers.get('accept-ranges')).toBe('bytes');
  });

  it('200 without a body for HEAD', async () => {
    const { status, headers, text: body } = await text({}, 'HEAD');
    expect({ status, body, length: headers.get('content-length') }).toEqual({ status: 200, body: '', length: '10' });
  });

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-', '456789', 'bytes 4-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=8-100', '89', 'bytes 8-9/10'],
  ])('206 for %s', async (range, expected, contentRange) => {
    const { status, headers, text: body } = await text({ range });
    expect({ status, body, range: headers.get('content-range') }).toEqual({
      status: 206,
      body: expected,
      range: contentRange,
    });
  });

  it('200 with the whole file for ranges that are not served, and for a range of another version', async () => {
    expect((await text({ range: 'bytes=0-1,4-5' })).text).toBe(CONTENT);
    expect((await text({ range: 'lines=0-1' })).text).toBe(CONTENT);
    expect((await text({ range: 'bytes=0-1', 'if-range': '"other"' })).text).toBe(CONTENT);
    expect((await text({ range: 'bytes=0-1', 'if-range': `"${digest}"` })).text).toBe('01');
  });

  it('304 for who has it', async () => {
    expect(await text({ 'if-none-match': `"other", "${digest}"` })).toMatchObject({ status: 304, text: '' });
  });

  it('404 for a digest that no job knows, even if the store has it', async () => {
    const secret = await store.put(Buffer.from('of nobody'));
    expect(await api.problem('GET', `/v1/artifacts/${secret.digest}`)).toMatchObject({
      status: 404,
      code: 'artifact_not_found',
    });
  });

  it('416 for a range behind the end', async () => {
    expect(await api.problem('GET', path, { headers: { range: 'bytes=10-' } })).toMatchObject({
      status: 416,
      code: 'range_not_satisfiable',
    });
  });

  it('gives the report of a job as JSON, or as Markdown when asked', async () => {
    expect((await api.call('GET', `/v1/jobs/${jobId}/report`)).body).toEqual(JSON.parse(REPORT));
    const markdown = await api.call('GET', `/v1/jobs/${jobId}/report`, { headers: { accept: 'text/markdown' } });
    expect(markdown.body).toBe('# smaller');
    expect(markdown.headers.get('content-type')).toMatch(/^text\/markdown/);
  });
});
