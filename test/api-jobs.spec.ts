import type { Job, JobCheck, JobOutlook, PassInfo, Preflight } from '#contracts';
import { GraphBuilder } from '#onnx';
import { mlp } from '#testing';
import { ApiHarness, MANIFEST, npz, PRUNE } from './api-harness.js';

const UNKNOWN = '0'.repeat(64);
const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('/v1/jobs', () => {
  let api: ApiHarness;
  let model: string;
  let dataset: string;

  beforeAll(async () => {
    api = await ApiHarness.start();
    model = (await api.model()).id;
    dataset = (await api.dataset()).id;
  });
  afterAll(() => api?.stop());

  const submit = (submission: Record<string, unknown>, key?: string) =>
    api.call<Job>('POST', '/v1/jobs', {
      json: { model, recipe: PRUNE, ...submission },
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
  const refused = (submission: Record<string, unknown>) =>
    api.problem('POST', '/v1/jobs', { json: { model, recipe: PRUNE, ...submission } });
  const ids = async (query = '') =>
    (await api.call<{ items: Job[] }>('GET', `/v1/jobs${query}`)).body.items.map(({ id }) => id);

  describe('201', () => {
    it('accepts a job and completes the options of its passes', async () => {
      const { status, body, headers } = await submit({ name: 'first' });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        state: 'queued',
        name: 'first',
        modelId: model,
        datasetId: null,
        stages: [{ index: 0, pass: 'prune', state: 'waiting', options: { ratio: 0.5, importance: 'l2' } }],
      });
      expect(headers.get('location')).toBe(`/v1/jobs/${body.id}`);
      expect((await api.call<Job>('GET', `/v1/jobs/${body.id}`)).body).toEqual(body);
    });

    it('accepts distillation without a data set where samples are made up', async () => {
      const { status, body } = await submit({
        recipe: { passes: [{ pass: 'distill', options: { method: 'generative' } }] },
      });
      expect({ status, dataset: body.datasetId }).toEqual({ status: 201, dataset: null });
    });

    it('takes a recipe as YAML text', async () => {
      const { status, body } = await submit({
        recipe: 'passes:\n  - pass: prune\n    options: { granularity: weight }\n',
      });
      expect(status).toBe(201);
      expect(body.stages).toHaveLength(1);
    });

    it('accepts a batch, all or none', async () => {
      const before = (await ids()).length;
      const good = { model, recipe: PRUNE };
      const { status, body } = await api.call<Job[]>('POST', '/v1/jobs', { json: [good, good] });
      expect({ status, jobs: body.length }).toEqual({ status: 201, jobs: 2 });
      expect(await api.problem('POST', '/v1/jobs', { json: [good, { ...good, model: UNKNOWN }] })).toMatchObject({
        status: 404,
      });
      expect(await ids()).toHaveLength(before + 2);
    });

    it('answers the same request under the same Idempotency-Key with the same job', async () => {
      const first = await submit({ name: 'once' }, 'key-1');
      const again = await submit({ name: 'once' }, 'key-1');
      expect(again).toMatchObject({ status: 201, body: { id: first.body.id } });
      expect(await ids('?name=once')).toEqual([first.body.id]);
    });

    it('makes one job of many equal requests at the same time', async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => submit({ name: 'race' }, 'key-2')));
      expect(new Set(answers.map(({ status }) => status))).toEqual(
        new Set(answers.some(({ status }) => status === 409) ? [201, 409] : [201]),
      );
      expect(await ids('?name=race')).toHaveLength(1);
    });

    it('frees the Idempotency-Key of a request that was refused', async () => {
      expect((await submit({ model: UNKNOWN }, 'key-3')).status).toBe(404);
      expect((await submit({}, 'key-3')).status).toBe(201);
    });
  });

  describe('200', () => {
    it('tells before and after the submission what a job takes, as far as anything tells', async () => {
      const check = async (recipe: unknown) =>
        (await api.call<JobCheck>('POST', '/v1/jobs/preflight', { json: { model, recipe } })).body;
      const { forecast } = await check(PRUNE);
      expect(forecast).toMatchObject({ stages: 1, stagesDistinct: 1, stagesCached: 0, seconds: null, memoryMb: null });
      expect(forecast?.secondsUnknown).toEqual([{ pass: 'prune', stages: 1 }]);
      expect((await check({ passes: [{ pass: 'distill', options: {} }] })).forecast).toBeNull();
      const before = await api.job();
      const { body } = await api.call<JobOutlook>('GET', `/v1/jobs/${before.id}/outlook`);
      expect(body).toMatchObject({ seconds: null, lanes: 0, unknown: expect.arrayContaining(['prune']) });
      const later = await api.job();
      const outlook = (await api.call<JobOutlook>('GET', `/v1/jobs/${later.id}/outlook`)).body;
      expect(outlook.jobsBefore).toBeGreaterThan(body.jobsBefore);
      expect(await api.problem('GET', `/v1/jobs/${NOBODY}/outlook`)).toMatchObject({ code: 'not_found' });
    });

    it('preflights without submitting, and lists what passes would leave alone', async () => {
      const before = await ids();
      const { status, body } = await api.call<Preflight>('POST', '/v1/jobs/preflight', {
        json: {
          model,
          recipe: { passes: [{ pass: 'prune', options: { granularity: 'weight', exclude: ['t0_Gemm'] } }] },
        },
      });
      expect({ status, problems: body.problems }).toEqual({ status: 200, problems: [] });
      expect(await ids()).toEqual(before);
    });

    it('filters by state, model and name, and pages without loss', async () => {
      const named = (await submit({ name: 'filtered' })).body.id;
      expect(await ids('?name=filtered')).toEqual([named]);
      expect(await ids(`?model=${UNKNOWN}`)).toEqual([]);
      expect(await ids('?state=running')).toEqual([]);
      const whole = await ids('?state=queued');
      const paged: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: { items: Job[]; nextCursor: string | null } = (
          await api.call<{ items: Job[]; nextCursor: string | null }>(
            'GET',
            `/v1/jobs?state=queued&limit=3${cursor && `&cursor=${cursor}`}`,
          )
        ).body;
        paged.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      expect(paged).toEqual(whole);
    });

    it('cancels, and answers the same to a second cancel', async () => {
      const { id } = (await submit({})).body;
      for (let times = 0; times < 2; times++) {
        const { status, body } = await api.call<Job>('POST', `/v1/jobs/${id}/cancel`);
        expect({ status, state: body.state, stages: body.stages.map(({ state }) => state) }).toEqual({
          status: 200,
          state: 'cancelled',
          stages: ['cancelled'],
        });
      }
    });

    it('retries a cancelled job', async () => {
      const { id } = (await submit({})).body;
      await api.call('POST', `/v1/jobs/${id}/cancel`);
      const { status, body } = await api.call<Job>('POST', `/v1/jobs/${id}/retry`);
      expect({ status, state: body.state, stages: body.stages.map(({ state }) => state) }).toEqual({
        status: 200,
        state: 'queued',
        stages: ['waiting'],
      });
    });

    it('describes every pass by the JSON Schema of its options', async () => {
      const passes = (await api.call<{ items: PassInfo[] }>('GET', '/v1/passes')).body.items;
      expect(passes.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['quantize', 'prune', 'distill', 'train', 'evaluate']),
      );
      expect((await api.call<PassInfo>('GET', '/v1/passes/prune')).body.options).toMatchObject({
        type: 'object',
        properties: { ratio: { type: 'number', description: expect.any(String) as unknown } },
      });
    });
  });

  it('204 for forgetting a job that has ended', async () => {
    const { id } = (await submit({})).body;
    await api.call('POST', `/v1/jobs/${id}/cancel`);
    expect((await api.call('DELETE', `/v1/jobs/${id}`)).status).toBe(204);
    expect(await api.problem('GET', `/v1/jobs/${id}`)).toMatchObject({ status: 404, code: 'not_found' });
  });

  describe('400', () => {
    it('names the fields that are wrong', async () => {
      expect(await refused({ model: 'abc' })).toMatchObject({
        status: 400,
        code: 'invalid_request',
        errors: [{ field: 'model' }],
      });
      expect(await refused({ recepe: PRUNE })).toMatchObject({
        status: 400,
        detail: expect.stringContaining('recepe') as unknown,
      });
      expect(
        await api.problem('POST', '/v1/jobs', { json: [{ model, recipe: PRUNE }, { recipe: PRUNE }] }),
      ).toMatchObject({ status: 400, errors: [{ field: '[1].model' }] });
      expect(await api.problem('GET', '/v1/jobs?state=done')).toMatchObject({
        status: 400,
        errors: [{ field: 'state' }],
      });
      expect(await api.problem('GET', '/v1/jobs/abc')).toMatchObject({ status: 400 });
    });

    it('for a body that is no JSON', async () => {
      expect(
        await api.problem('POST', '/v1/jobs', { body: '{"model":', headers: { 'content-type': 'application/json' } }),
      ).toMatchObject({ status: 400, code: 'invalid_request' });
    });
  });

  it('404 for a model, a data set or a job that is not there', async () => {
    expect(await refused({ model: UNKNOWN })).toMatchObject({
      status: 404,
      code: 'not_found',
      detail: expect.stringContaining('model') as unknown,
    });
    expect(await refused({ dataset: UNKNOWN })).toMatchObject({
      status: 404,
      code: 'not_found',
      detail: expect.stringContaining('dataset') as unknown,
    });
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/events'],
      ['GET', '/report'],
      ['POST', '/cancel'],
      ['POST', '/retry'],
      ['DELETE', ''],
    ]) {
      expect(await api.problem(method!, `/v1/jobs/${NOBODY}${path}`)).toMatchObject({ status: 404, code: 'not_found' });
    }
    expect(await api.problem('GET', '/v1/passes/prun')).toMatchObject({
      status: 404,
      detail: expect.stringContaining('"prune"') as unknown,
    });
  });

  it('409 for what the state of the job does not allow', async () => {
    const { id } = (await submit({})).body;
    expect(await api.problem('DELETE', `/v1/jobs/${id}`)).toMatchObject({ status: 409, code: 'job_state' });
    expect(await api.problem('POST', `/v1/jobs/${id}/retry`)).toMatchObject({ status: 409, code: 'job_state' });
    expect(await api.problem('GET', `/v1/jobs/${id}/report`)).toMatchObject({ status: 409, code: 'report_not_ready' });
  });

  describe('422', () => {
    it('names the nearest pass and the nearest option for a typo', async () => {
      expect(await refused({ recipe: { passes: [{ pass: 'quantise' }] } })).toMatchObject({
        status: 422,
        code: 'invalid_recipe',
        errors: [{ field: 'recipe.passes[0].pass', message: expect.stringContaining('"quantize"') as unknown }],
      });
      expect(await refused({ recipe: 'passes:\n  - pass: prune\n    options: { ratoi: 0.5 }\n' })).toMatchObject({
        status: 422,
        code: 'invalid_recipe',
        errors: [{ field: 'recipe.passes[0].options.ratoi', message: expect.stringContaining('"ratio"') as unknown }],
      });
    });

    it('for a layer that the model does not have, naming the option and the nearest layer', async () => {
      const spoken = (pass: string, options: object) => ({ passes: [{ pass, options }] });
      const problem = (field: string) => ({
        status: 422,
        code: 'preflight_failed',
        errors: [
          {
            field: `recipe.passes[0].options.${field}`,
            message: expect.stringContaining('did you mean "t0_Gemm"?') as unknown,
          },
        ],
      });
      expect(await refused({ dataset, recipe: spoken('quantize', { layerBits: { t0_Gem: 4 } }) })).toMatchObject(
        problem('layerBits'),
      );
      expect(await refused({ recipe: spoken('prune', { layerLimits: { t0_Gem: 0.5 } }) })).toMatchObject(
        problem('layerLimits'),
      );
      // What a later pass speaks of may come with a model that an earlier one puts in its place.
      const later = {
        passes: [
          { pass: 'prune', options: { granularity: 'weight' } },
          { pass: 'prune', options: { exclude: ['t0_Gem'] } },
        ],
      };
      expect((await submit({ recipe: later })).status).toBe(201);
    });

    it('for a module of the user, which the operator has not allowed', async () => {
      const custom = [{ name: 'mine', source: 'export default () => []' }];
      expect(await refused({ recipe: { passes: [{ pass: 'evaluate', options: { custom } }] } })).toMatchObject({
        errors: expect.arrayContaining([
          {
            field: 'recipe.passes[0].options.custom',
            message: expect.stringContaining('COLDPRESS_CUSTOM_METRICS=allow'),
          },
        ]),
      });
    });

    it('for a gate over a figure that nothing measures', async () => {
      expect(await refused({ recipe: { ...PRUNE, gates: [{ metric: 'top1', min: 0.9 }] } })).toMatchObject({
        status: 422,
        code: 'invalid_recipe',
        errors: [{ field: 'recipe.gates[0].metric' }],
      });
    });

    it('for a pass that reads data when there is none', async () => {
      expect(await refused({ recipe: { passes: [{ pass: 'evaluate' }] } })).toMatchObject({
        status: 422,
        code: 'preflight_failed',
        detail: expect.stringContaining('data') as unknown,
      });
    });

    it('for models in the options that the data set cannot feed or that cannot be trained, naming the field', async () => {
      const wide = (await api.model(mlp([9, 4]))).id;
      const b = new GraphBuilder();
      b.op(
        'CenterCropPad',
        [b.op('Gemm', [b.input('x', ['batch', 8]), b.float(new Float32Array(32), [8, 4])]), b.ints([4])],
        { axes: [1] },
        { outputs: [b.output('y', ['batch', 4])] },
      );
      const normed = (await api.model(b.build())).id;
      const distill = (options: object) => refused({ dataset, recipe: { passes: [{ pass: 'distill', options }] } });
      expect(await distill({ teacher: { models: [model, wide] } })).toMatchObject({
        status: 422,
        errors: [
          {
            field: 'recipe.passes[0].options.teacher.models[1]',
            message: expect.stringContaining('expected shape [batch, 9]') as unknown,
          },
        ],
      });
      expect(await distill({ student: { model: normed } })).toMatchObject({
        status: 422,
        errors: [
          {
            field: 'recipe.passes[0].options.student.model',
            message: expect.stringContaining('no gradient rule for') as unknown,
          },
        ],
      });
      expect(await refused({ model: normed, dataset, recipe: { passes: [{ pass: 'train' }] } })).toMatchObject({
        status: 422,
        errors: [{ field: 'recipe.passes[0]' }],
      });
    });

    it('for labels that training cannot learn from', async () => {
      const recipe = (options: object) => ({ passes: [{ pass: 'train', options }] });
      expect(await refused({ dataset, recipe: recipe({ loss: 'mse' }) })).toMatchObject({
        status: 422,
        code: 'preflight_failed',
        errors: [
          { field: 'recipe.passes[0].options.loss', message: expect.stringContaining('leave classes out') as unknown },
        ],
      });
      expect((await submit({ dataset, recipe: recipe({}) })).status).toBe(201);
    });

    it('for a model in the options that is not in the store, naming the field', async () => {
      const distill = (options: object) => refused({ dataset, recipe: { passes: [{ pass: 'distill', options }] } });
      const missing = { status: 422, code: 'preflight_failed' };
      expect(await distill({ teacher: { models: [model, UNKNOWN] } })).toMatchObject({
        ...missing,
        errors: [
          {
            field: 'recipe.passes[0].options.teacher.models[1]',
            message: expect.stringContaining('upload it') as unknown,
          },
        ],
      });
      expect(await distill({ student: { model: UNKNOWN } })).toMatchObject({
        ...missing,
        errors: [{ field: 'recipe.passes[0].options.student.model' }],
      });
      expect(await distill({ teacher: 'somebody' })).toMatchObject({
        status: 422,
        code: 'invalid_recipe',
        errors: [
          { field: 'recipe.passes[0].options.teacher', message: expect.stringContaining('original') as unknown },
        ],
      });
    });

    it('for data that does not fit the model, naming input, expected and got', async () => {
      const wide = (await api.sendDataset({ ...MANIFEST, name: 'wide' }, { 'data.npz': npz({ width: 9 }) })).body.id;
      expect(await refused({ dataset: wide, recipe: { passes: [{ pass: 'evaluate' }] } })).toMatchObject({
        status: 422,
        code: 'preflight_failed',
        errors: [
          {
            field: 'dataset.inputs.x',
            message: expect.stringMatching(/expected shape \[batch, 8\], got \[batch, 9\]/) as unknown,
          },
        ],
      });
      const other = (await api.model(mlp([9, 4]))).id;
      expect((await submit({ model: other, dataset: wide, recipe: { passes: [{ pass: 'evaluate' }] } })).status).toBe(
        201,
      );
    });

    it('for another request under the same Idempotency-Key', async () => {
      expect((await submit({ name: 'one' }, 'key-4')).status).toBe(201);
      expect(await submit({ name: 'two' }, 'key-4')).toMatchObject({
        status: 422,
        body: { code: 'idempotency_conflict' },
      });
    });
  });

  it('keeps a model that the options of a job name until the job is forgotten', async () => {
    const teacher = (await api.model(mlp([8, 5, 4]))).id;
    const { status, body } = await submit({
      dataset,
      recipe: { passes: [{ pass: 'distill', options: { teacher: { model: teacher } } }] },
    });
    expect(status).toBe(201);
    expect(await api.problem('DELETE', `/v1/models/${teacher}`)).toMatchObject({ status: 409, code: 'in_use' });
    await api.call('POST', `/v1/jobs/${body.id}/cancel`);
    await api.call('DELETE', `/v1/jobs/${body.id}`);
    expect((await api.call('DELETE', `/v1/models/${teacher}`)).status).toBe(204);
  });

  it('keeps a data set that a job refers to', async () => {
    await submit({ dataset, recipe: { passes: [{ pass: 'evaluate' }] } });
    expect(await api.problem('DELETE', `/v1/datasets/${dataset}`)).toMatchObject({ status: 409, code: 'in_use' });
  });
});
