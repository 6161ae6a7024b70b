import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CATALOG } from '#compression';
import { PASSES, type Problem } from '#contracts';
import { openDataset, writeNpz } from '#datasets';
import { GradientBuilder } from '#autodiff';
import { GraphBuilder } from '#onnx';
import { canonicalJson } from '#pipeline';
import { mlp } from '#testing';
import { PROBLEMS } from '../apps/api/src/problems/problem-table.js';
import { passNamed } from '../apps/worker/src/child/run-pass.js';
import { loadCheckpoint } from '../libs/compression/src/training/checkpoint/checkpoint.js';
import { observeGraph } from '../libs/compression/src/rewrites/observe-graph.js';
import { classesByCode, errorPage, errorSentences } from '../scripts/lib/error-list.mjs';
import { ApiHarness, datasetForm, MANIFEST, modelBytes, npz, octets, oddModel, PRUNE } from './api-harness.js';

const ROOT = resolve(__dirname, '..');
const NOTHING = '0'.repeat(64);
const DEVICES = 'test/devices/api-devices.spec.ts';

/** Codes of what only a broken installation, another program or another machine can bring about. */
const BEYOND_TESTS: Readonly<Record<string, string>> = {
  migrations_missing: 'a package without its migrations',
  postgres_binaries: 'a platform for which npm has no PostgreSQL',
  postgres_start: 'a PostgreSQL that ends while it starts',
  stage_missing: 'a queue job of a stage that its recipe does not have',
  queue_payload: 'a queue job that another program wrote',
  gradient_arity: 'a gradient rule with a fault',
};

/** Words of schemas, parsers and runtimes, which are not for people. */
const RAW =
  /Invalid input|expected string|received|Unexpected (token|end)|ZodError|node_modules|\.[jt]s:\d|idx=-|undefined|\[object|status code/;

it('docs/errors.md is what the sources say: npm run errors', async () => {
  expect(await readFile(join(ROOT, 'docs/errors.md'), 'utf8')).toBe(errorPage(await errorSentences(ROOT), PROBLEMS));
});

it('every code has a test that provokes it', async () => {
  const classes = await classesByCode(ROOT);
  const codes = new Set([...Object.keys(PROBLEMS), ...(await errorSentences(ROOT)).map(({ code }) => code)]);
  const specs = (await Promise.all(['libs', 'apps', 'test'].map(specsBelow))).flat().join('\n');
  const isProvoked = (code: string) =>
    new RegExp(`['"\`]${code}['"\`]|\\b${code}: |\\b(${(classes.get(code) ?? [code]).join('|')})\\b`).test(specs);
  expect([...codes].filter((code) => !(code in BEYOND_TESTS) && !isProvoked(code))).toEqual([]);
  expect(Object.keys(BEYOND_TESTS).filter((code) => !codes.has(code))).toEqual([]);
});

async function specsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const specs = entries.filter((entry) => entry.isFile() && /\.(spec|conformance)\.ts$/.test(entry.name));
  return Promise.all(
    specs.map(async (entry) =>
      (await readFile(join(entry.parentPath, entry.name), 'utf8')).replace(/const BEYOND_TESTS[^]*?};/, ''),
    ),
  );
}

describe('problems of the API', () => {
  let api: ApiHarness;
  let model: string;
  let job: string;

  beforeAll(async () => {
    api = await ApiHarness.start({ maxUploadBytes: 200_000 });
    ({ id: job, modelId: model } = await api.job());
  }, 120_000);
  afterAll(() => api?.stop());

  const get = (path: string, headers: Record<string, string> = {}) => api.problem('GET', path, { headers });
  const post = (path: string, json: unknown) => api.problem('POST', path, { json });
  const upload = (bytes: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    api.problem('POST', '/v1/models', {
      body: bytes,
      headers: { 'content-type': 'application/octet-stream', ...headers },
    });
  const form = (manifest: unknown, files: Record<string, Uint8Array<ArrayBuffer>> = { 'data.npz': npz() }) =>
    api.problem('POST', '/v1/datasets', { body: datasetForm(manifest, files) });
  const inputs = (array: object) => ({ ...MANIFEST, inputs: { '*': { array: 'x', ...array } } });
  const text = (value: string) => new Uint8Array(Buffer.from(value));

  /** How a person meets each code; those that need a server to fail are provoked by the specs named. */
  const PROVOKED: Readonly<Record<string, (() => Promise<Problem>) | string>> = {
    invalid_request: () => get('/v1/jobs?limit=x'),
    invalid_cursor: () => get('/v1/jobs?cursor=x'),
    source_interrupted: 'libs/storage/src/artifact-store.conformance.ts',
    empty_upload: () => upload(new Uint8Array(0)),
    content_digest: () => upload(text('x'), { 'content-digest': `sha-256=:${Buffer.alloc(32).toString('base64')}:` }),
    invalid_form: () => form(undefined),
    model_archive: 'test/api-model-parts.spec.ts',
    unauthorized: () => api.problem('GET', '/v1/jobs', { key: null }),
    not_found: () => get(`/v1/models/${NOTHING}`),
    artifact_not_found: () => get(`/v1/artifacts/${NOTHING}`),
    not_acceptable: () => get(`/v1/jobs/${job}/report`, { accept: 'image/png' }),
    forbidden: async () => {
      const { body } = await api.call<{ key: string }>('POST', '/v1/keys', { json: { name: 'reads', role: 'viewer' } });
      return api.problem('GET', '/v1/keys', { key: body.key });
    },
    last_admin_key: 'test/api-roles.spec.ts',
    in_use: () => api.problem('DELETE', `/v1/models/${model}`),
    job_state: () => api.problem('POST', `/v1/jobs/${job}/retry`),
    idempotency_pending: 'libs/database/src/repositories.spec.ts',
    report_not_ready: () => get(`/v1/jobs/${job}/report`),
    precondition_failed: () => get(`/v1/models/${model}/content`, { 'if-match': '"x"' }),
    artifact_too_large: () => upload(new Uint8Array(200_001)),
    request_too_large: () =>
      api.problem('POST', '/v1/jobs', {
        body: ' '.repeat(5 * 1024 ** 2),
        headers: { 'content-type': 'application/json' },
      }),
    unsupported_media_type: () => api.problem('POST', '/v1/jobs', octets('x')),
    range_not_satisfiable: () => get(`/v1/models/${model}/content`, { range: 'bytes=99999999-' }),
    idempotency_conflict: async () => {
      const send = (name: string) =>
        api.problem('POST', '/v1/jobs', {
          json: { model, recipe: PRUNE, name },
          headers: { 'idempotency-key': 'once' },
        });
      await api.call('POST', '/v1/jobs', {
        json: { model, recipe: PRUNE, name: 'a' },
        headers: { 'idempotency-key': 'once' },
      });
      return send('b');
    },
    invalid_recipe: () => post('/v1/jobs', { model, recipe: 'passes: [' }),
    preflight_failed: () =>
      post('/v1/jobs', {
        model,
        recipe: { passes: [{ pass: 'prune', options: { granularity: 'weight', exclude: ['nobody'] } }] },
      }),
    invalid_sweep: () => post('/v1/sweeps', { model, sweep: 'passes: [' }),
    sweep_state: 'test/api-sweeps.spec.ts',
    trial_state: 'test/api-sweeps.spec.ts',
    uri_not_allowed: () => post('/v1/models', { uri: 'http://x/y' }),
    invalid_model: () => upload(text('no model')),
    unsupported_model: () => upload(oddModel({ opset: 99 })),
    model_limit: 'libs/onnx/src/load.spec.ts',
    invalid_tensor: 'libs/onnx/src/load.spec.ts',
    graph: 'libs/onnx/src/graph.spec.ts',
    external_data: 'test/api-models.spec.ts',
    crashed: 'libs/process/src/process-pool.spec.ts',
    out_of_memory: 'libs/process/src/process-pool.spec.ts',
    deadline: 'libs/process/src/process-pool.spec.ts',
    dataset_manifest: () => form('name: ['),
    dataset_file: () => form(MANIFEST, {}),
    dataset_format: () => form(MANIFEST, { 'data.npz': text('PK') }),
    dataset_array: () => form(inputs({ array: 'z' })),
    dataset_shape: () => form(MANIFEST, { 'data.npz': npz({ labels: 3 }) }),
    dataset_labels: () => form(MANIFEST, { 'data.npz': npz({ largest: 7 }) }),
    dataset_dtype: () =>
      form(
        { ...MANIFEST, labels: { array: 'y', classes: 4 } },
        {
          'data.npz': new Uint8Array(
            writeNpz({
              x: { dtype: 'f4', dims: [10, 2], data: new Float32Array(20) },
              y: { dtype: 'u8', dims: [10], data: new BigUint64Array(10).fill(2n ** 63n) },
            }),
          ),
        },
      ),
    dataset_value: 'libs/datasets/src/dataset.spec.ts',
    dataset_limit: () => form(inputs({ preprocess: [{ op: 'pad', pads: [0, 2_000_000_000] }] })),
    dataset_preprocess: () => form(inputs({ preprocess: [{ op: 'reshape', dims: [7] }] })),
    dataset_split: () => form({ ...MANIFEST, splits: { test: { file: 'data.npz', start: 100 } } }),
    dataset_input: 'test/errors.spec.ts',
    enrolment_code: DEVICES,
    device_name_taken: DEVICES,
    device_replaced: DEVICES,
    lease_lost: DEVICES,
    benchmark_result: DEVICES,
    agent_outdated: DEVICES,
    too_many_checks: 'test/api-batches.spec.ts',
    headers_too_large: () => get('/v1/jobs', { 'x-long': 'x'.repeat(20_000) }),
    rate_limited: 'test/api-access.spec.ts',
    internal: 'test/api-access.spec.ts',
    digest_mismatch: 'test/api-heed.spec.ts',
    database_unavailable: 'test/api-outages.spec.ts',
    store_unavailable: 'test/api-outages.spec.ts',
    store_access: 'libs/storage/src/s3-store.spec.ts',
    process_lost: 'libs/process/src/process-pool.spec.ts',
    launch: 'libs/process/src/process-pool.spec.ts',
    overloaded: 'apps/api/src/untrusted/fair-line.spec.ts',
    queue_unavailable: 'libs/queue/src/stage-queue.spec.ts',
    store_full: 'test/api-models.spec.ts',
  };

  it('every one of the table is here', () => {
    expect(Object.keys(PROVOKED).sort()).toEqual(Object.keys(PROBLEMS).sort());
  });

  it.each(Object.entries(PROVOKED))('%s', async (code, how) => {
    if (typeof how === 'string') {
      const names = (await classesByCode(ROOT)).get(code) ?? [];
      expect(await readFile(join(ROOT, how), 'utf8')).toMatch(new RegExp(`\\b(${[code, ...names].join('|')})\\b`));
      return;
    }
    const problem = await how();
    expect({ code: problem.code, status: problem.status, title: problem.title }).toEqual({ code, ...PROBLEMS[code] });
    expect(JSON.stringify([problem.detail, problem.errors])).not.toMatch(RAW);
  });
});

describe('failures of stages', () => {
  const context = {
    model: mlp(),
    baseline: modelBytes(),
    history: [modelBytes()],
    data: null,
    seed: 0,
    threads: 1,
    outputPath: '',
    progress: () => undefined,
    log: () => undefined,
  };

  it.each<[string, () => unknown]>([
    ['analyze_data', () => CATALOG.analyze.run(context, PASSES.analyze.options.parse({}))],
    ['evaluate_data', () => CATALOG.evaluate.run(context, PASSES.evaluate.options.parse({}))],
    [
      'prune_input',
      () =>
        CATALOG.prune.run(
          context,
          PASSES.prune.options.parse({ granularity: 'weight', schedule: 'iterative', recoverEpochs: 1 }),
        ),
    ],
    ['unknown_pass', () => passNamed('quantise')],
    ['unknown_shape', () => new GradientBuilder(new GraphBuilder(), new Map(), () => undefined).dims('x')],
    ['not_json', () => canonicalJson({ a: Number.NaN })],
    ['prune_unobservable', () => observeGraph(unrunnable())],
    [
      'damaged_checkpoint',
      () =>
        inFolder(
          (folder) => writeFile(join(folder, 'c'), 'no checkpoint'),
          (folder) => loadCheckpoint(join(folder, 'c'), 'run'),
        ),
    ],
    [
      'dataset_input',
      () =>
        inFolder(
          async (folder) => {
            await writeFile(join(folder, 'data.npz'), npz());
            await writeFile(join(folder, 'dataset.json'), JSON.stringify(MANIFEST));
          },
          async (folder) => (await openDataset(folder)).bindInputs(['a', 'b']),
        ),
    ],
  ])('%s', async (code, fail) => {
    const error = await Promise.resolve()
      .then(fail)
      .then(
        () => null,
        (reason: unknown) => reason as Error & { code?: string },
      );
    if (error && !error.code) throw error;
    expect({ code: error?.code, message: error?.message }).toEqual({
      code,
      message: expect.not.stringMatching(/^\s*$/) as unknown,
    });
  });

  /** Reshapes what it gets into a size that it never has. */
  function unrunnable() {
    const graph = new GraphBuilder();
    const x = graph.input('x', ['n', 8]);
    graph.op('Reshape', [x, graph.ints([3, 5])], {}, { outputs: [graph.output('y', [3, 5])] });
    return graph.build();
  }

  async function inFolder<T>(
    prepare: (folder: string) => Promise<void>,
    use: (folder: string) => Promise<T>,
  ): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-errors-'));
    try {
      await prepare(folder);
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
});
