import type {
  Job,
  JobItem,
  Problem,
  Sweep,
  SweepEvent,
  SweepForecast,
  SweepItem,
  SweepResults,
  Trial,
} from '#contracts';
import { parseEventStream } from '#contracts';
import { ApiHarness, MANIFEST, npz } from './api-harness.js';

const SWEEP = {
  passes: [{ pass: 'prune', options: { granularity: 'weight', ratio: { grid: [0.3, 0.5, 0.7] } } }],
  objectives: [{ metric: 'compressedBytes' }],
};

/** Without a worker nothing runs: what is asked of a sweep is all that happens to it. */
describe('the API of sweeps', () => {
  let api: ApiHarness;
  let model: string;
  beforeAll(async () => {
    api = await ApiHarness.start();
    model = (await api.model()).id;
  });
  afterAll(() => api.stop());

  const launch = async (sweep: unknown = SWEEP, headers = {}) =>
    (await api.call<Sweep>('POST', '/v1/sweeps', { json: { model, sweep }, headers })).body;
  const post = async (sweep: Sweep, verb: string) =>
    (await api.call<Sweep & Problem>('POST', `/v1/sweeps/${sweep.id}/${verb}`)).body;

  it('tells before a launch what it would take', async () => {
    const { body, status } = await api.call<SweepForecast>('POST', '/v1/sweeps/preflight', {
      json: { model, sweep: SWEEP },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      problems: [],
      trials: 3,
      stages: 3,
      stagesDistinct: 3,
      stagesCached: 0,
      preflights: 1,
      parameters: [{ name: 'prune.ratio', values: [0.3, 0.5, 0.7] }],
    });
    expect((await api.call<{ items: SweepItem[] }>('GET', '/v1/sweeps')).body.items).toEqual([]);
  });

  it('names each layer of the model where a range stands for each that its pattern fits', async () => {
    const range = { grid: [0, 0.5] };
    const limited = (layerLimits: object) => ({
      ...SWEEP,
      passes: [{ pass: 'prune', options: { layerLimits, multipleOf: 1 } }],
    });
    const sweep = limited({ '*': { ...range, each: true } });
    const { body } = await api.call<SweepForecast>('POST', '/v1/sweeps/preflight', { json: { model, sweep } });
    expect(body).toMatchObject({ problems: [], spaceSize: 4, skipped: [{ pass: 'prune' }] });
    const names = body.parameters.map(({ name }) => name);
    const [first = '', last = ''] = names.map((name) => name.replace('prune.layerLimits.', ''));
    expect([names.length, last]).toEqual([2, body.skipped[0]?.node]);

    const made = await launch(JSON.stringify(sweep));
    expect(made.document.passes[0]?.options['layerLimits']).toEqual({ [first]: range, [last]: range });
    expect(made.forecast.parameters).toEqual(body.parameters);
    const fewer = { sweep: limited({ '*': { ...range, each: true }, [last]: 0 }) };
    const changed = await api.call<Sweep>('PATCH', `/v1/sweeps/${made.id}`, { json: fewer });
    expect(changed.body.forecast.parameters.map(({ name }) => name)).toEqual(names.slice(0, 1));
    await post(made, 'cancel');

    const strange = { model, sweep: limited({ 'cnv*': { ...range, each: true } }) };
    const field = 'sweep.passes[0].options.layerLimits.cnv*';
    const message = expect.stringContaining(`${first}, ${last}`) as string;
    expect((await api.problem('POST', '/v1/sweeps', { json: strange })).errors).toEqual([{ field, message }]);
  });

  it('refuses a device that nobody has enrolled, for which every trial would wait', async () => {
    const evaluate = { pass: 'evaluate', options: { devices: ['nowhere', { tag: 'phone', any: 1 }] } };
    const json = { model, sweep: { ...SWEEP, passes: [...SWEEP.passes, evaluate] } };
    const foreseen = await api.call<SweepForecast>('POST', '/v1/sweeps/preflight', { json });
    const fields = ['sweep.passes[1].options.devices[0]', 'sweep.passes[1].options.devices[1]'];
    expect(foreseen.body.problems.map(({ field }) => field)).toEqual(expect.arrayContaining(fields));
    const refusal = await api.problem('POST', '/v1/sweeps', { json });
    expect(refusal).toMatchObject({ status: 422, code: 'preflight_failed' });
    expect(refusal.detail).toContain('there is no device "nowhere"');
    expect(refusal.detail).toContain('coldpress devices add');
  });

  it('refuses what cannot be launched by the field of the submission', async () => {
    const wrong = { ...SWEEP, passes: [{ pass: 'prune', options: { ratio: { grid: [0.1, 0.2] }, rato: 1 } }] };
    expect(await api.problem('POST', '/v1/sweeps', { json: { model, sweep: wrong } })).toMatchObject({
      status: 422,
      code: 'invalid_sweep',
      errors: [{ field: 'sweep.passes[0].options.rato', message: expect.stringContaining('did you mean "ratio"') }],
    });
    const unreadable = await api.problem('POST', '/v1/sweeps', { json: { model, sweep: 'passes: [' } });
    expect(unreadable.errors?.[0]).toMatchObject({ field: 'sweep', message: expect.stringMatching(/^line 1: /) });
    const noData = { passes: [...SWEEP.passes, { pass: 'evaluate' }], objectives: [{ metric: 'top1' }] };
    expect(await api.problem('POST', '/v1/sweeps', { json: { model, sweep: noData } })).toMatchObject({
      code: 'preflight_failed',
      errors: [{ field: 'sweep.passes[1]', message: expect.stringContaining('names no data set') }],
    });
    const { body: unlabelled } = await api.sendDataset<{ id: string }>(
      { ...MANIFEST, labels: undefined },
      { 'data.npz': npz() },
    );
    const custom = [{ name: 'mine', source: 'export default () => []' }];
    const withModule = { ...noData, passes: [...SWEEP.passes, { pass: 'evaluate', options: { custom } }] };
    const denied = { json: { model, dataset: unlabelled.id, sweep: withModule } };
    expect((await api.problem('POST', '/v1/sweeps', denied)).errors).toContainEqual({
      field: 'sweep.passes[1].options.custom',
      message: expect.stringContaining('COLDPRESS_CUSTOM_METRICS=allow'),
    });
    expect(
      await api.problem('POST', '/v1/sweeps', { json: { model, dataset: unlabelled.id, sweep: noData } }),
    ).toMatchObject({
      errors: [{ field: 'sweep.objectives[0].metric', message: expect.stringContaining('needs labels') }],
    });
  });

  it('refuses a model of a space that none could tell anything of, and tells of what it could', async () => {
    const sweep = {
      ...SWEEP,
      sampler: 'model',
    };
    expect(await api.problem('POST', '/v1/sweeps', { json: { model, sweep } })).toMatchObject({
      code: 'preflight_failed',
      errors: [{ field: 'sweep.sampler', message: expect.stringContaining('search weightBits, layerBits') }],
    });
    const { id: dataset } = await api.dataset();
    expect(await api.problem('POST', '/v1/sweeps/press', { json: { model, dataset } })).toMatchObject({
      code: 'invalid_sweep',
      errors: [{ field: 'dataset', message: expect.stringContaining('20 at least') }],
    });
  });

  it('finds the space of bounds alone by what the model and the data are', async () => {
    const data = { 'data.npz': npz({ rows: 60 }) };
    const manifest = {
      ...MANIFEST,
      splits: { train: { file: 'data.npz', count: 30 }, test: { file: 'data.npz', start: 30, count: 30 } },
    };
    const { body: dataset } = await api.sendDataset(manifest, data);
    const bounds = { model, dataset: dataset.id, maxDrop: 0.02, maxBytes: 900 };
    const { status, body: sweep } = await api.call<Sweep>('POST', '/v1/sweeps/press', { json: bounds });
    expect(status).toBe(201);
    expect(sweep).toMatchObject({
      document: {
        constraints: [
          { metric: 'top1', maxDrop: 0.02 },
          { metric: 'bytes', max: 900 },
        ],
        verify: { skip: 15 },
        limits: { trials: 24, minutes: 60 },
      },
      forecast: { problems: [], isExact: true, trials: 24, stagesDistinct: 3 + 9 + 12 + 24, sampler: 'grid' },
      verification: [],
    });
    await post(sweep, 'cancel');
  });

  it('launches, pauses, resumes, stops and cancels; what does not fit the state is refused with a way out', async () => {
    const sweep = await launch();
    expect(sweep).toMatchObject({
      title: 'prune, over prune.ratio',
      state: 'running',
      document: { limits: { trials: 3, parallel: 2 } },
      counts: { running: 0 },
    });
    expect(await post(sweep, 'pause')).toMatchObject({ state: 'paused', reason: 'paused by request' });
    expect(await post(sweep, 'resume')).toMatchObject({ state: 'running', reason: null });
    expect(await post(sweep, 'stop')).toMatchObject({ state: 'stopping' });
    expect(await api.problem('POST', `/v1/sweeps/${sweep.id}/pause`)).toMatchObject({
      code: 'sweep_state',
      status: 409,
    });
    expect(await api.problem('DELETE', `/v1/sweeps/${sweep.id}`)).toMatchObject({ code: 'sweep_state' });
    expect(await post(sweep, 'cancel')).toMatchObject({ state: 'cancelled', finishedAt: expect.any(String) });
    expect((await api.problem('POST', `/v1/sweeps/${sweep.id}/resume`)).detail).toContain('more trials or time');
    expect((await api.call('DELETE', `/v1/sweeps/${sweep.id}`)).status).toBe(204);
    expect((await api.problem('GET', `/v1/sweeps/${sweep.id}`)).status).toBe(404);
  });

  it('begins a trial by hand, whose job belongs to the sweep and is cancelled with it', async () => {
    const sweep = await launch();
    const path = `/v1/sweeps/${sweep.id}/trials`;
    const { body: trial } = await api.call<Trial>('POST', path, { json: { assignment: { 'prune.ratio': 0.7 } } });
    expect(trial).toMatchObject({ number: 0, state: 'running', origin: 'manual', stage: 0 });
    expect(await api.problem('POST', path, { json: { assignment: { 'prune.ratio': 0.6 } } })).toMatchObject({
      code: 'invalid_sweep',
      errors: [{ field: 'assignment.prune.ratio', message: '0.6 is not in its range: give one of 0.3, 0.5, 0.7' }],
    });
    expect((await api.call('GET', `${path}/columns`)).body).toMatchObject({
      ...{ number: [0], state: ['running'], jobId: [trial.jobId], finishedAt: [null] },
      assignment: { 'prune.ratio': [0.7] },
    });
    const job = (await api.call<Job>('GET', `/v1/jobs/${trial.jobId}`)).body;
    expect(job).toMatchObject({
      sweepId: sweep.id,
      recipe: { passes: [{ options: { granularity: 'weight', ratio: 0.7 } }] },
    });
    const listed = async (query: string) =>
      (await api.call<{ items: JobItem[] }>('GET', `/v1/jobs${query}`)).body.items.map(({ id }) => id);
    expect(await listed('')).not.toContain(job.id);
    expect(await listed(`?sweep=${sweep.id}`)).toEqual([job.id]);
    expect(await api.problem('POST', `${path}/0/promote`, { json: { name: 'best' } })).toMatchObject({
      code: 'trial_state',
    });
    expect((await api.problem('GET', `${path}/9`)).status).toBe(404);
    await post(sweep, 'cancel');
    expect((await api.call<Job>('GET', `/v1/jobs/${trial.jobId}`)).body.state).toBe('cancelled');
    expect((await api.problem('POST', path, { json: { assignment: { 'prune.ratio': 0.3 } } })).code).toBe(
      'sweep_state',
    );
  });

  it('is changed while it runs, and goes on after its end where it is given more', async () => {
    const sweep = await launch();
    const patch = (json: object) => api.call<Sweep>('PATCH', `/v1/sweeps/${sweep.id}`, { json });
    expect((await patch({ parallel: 5 })).body.document.limits).toMatchObject({ parallel: 5, trials: 3 });
    await post(sweep, 'cancel');
    expect((await patch({ parallel: 6 })).body.state).toBe('cancelled');
    const wider = {
      ...SWEEP,
      passes: [{ pass: 'prune', options: { granularity: 'weight', ratio: { grid: [0.1, 0.3, 0.5, 0.7] } } }],
    };
    expect((await patch({ sweep: wider, parallel: 1 })).body).toMatchObject({
      state: 'running',
      forecast: { spaceSize: 4 },
      document: { limits: { trials: 4, parallel: 1 } },
    });
    const other = { ...wider, objectives: [{ metric: 'bytes' }] };
    const refused = await api.problem('PATCH', `/v1/sweeps/${sweep.id}`, { json: { sweep: other } });
    expect(refused.errors?.[0]?.field).toBe('sweep.objectives');
    await post(sweep, 'cancel');
  });

  it('goes on to what was cut off, and to nothing where everything has been tried', async () => {
    const sweep = await launch();
    const path = `/v1/sweeps/${sweep.id}`;
    const begin = (ratio: number) =>
      api.call<Trial>('POST', `${path}/trials`, { json: { assignment: { 'prune.ratio': ratio } } });
    for (const ratio of [0.3, 0.5, 0.7]) await begin(ratio);
    const cancelled = await post(sweep, 'cancel');
    expect(cancelled.counts).toMatchObject({ running: 0, cancelled: 3 });
    const { body: trial } = await api.call<Trial>('GET', `${path}/trials/0`);
    expect(trial).toMatchObject({ state: 'cancelled', reason: 'the sweep was cancelled' });
    expect((await api.problem('POST', `/v1/jobs/${trial.jobId}/retry`)).code).toBe('sweep_state');
    const extended = await api.call<Sweep>('PATCH', path, { json: { trials: 3 } });
    expect(extended.body).toMatchObject({ state: 'running', document: { limits: { trials: 3 } } });
    expect((await api.call<Job>('POST', `/v1/jobs/${trial.jobId}/retry`)).status).toBe(200);
    expect((await api.call<Trial>('GET', `${path}/trials/0`)).body).toMatchObject({ state: 'running', reason: null });
    await post(sweep, 'cancel');
  });

  it('says which number of a trial it takes, and which last evaluation the data are too few for', async () => {
    const sweep = await launch();
    expect((await api.problem('GET', `/v1/sweeps/${sweep.id}/trials/abc`)).detail).toContain('must be a number');
    await post(sweep, 'cancel');
    const { id: dataset } = await api.dataset();
    const passes = [...SWEEP.passes, { pass: 'evaluate', options: { samples: 1 } }];
    const late = { ...SWEEP, passes, verify: { skip: 100_000 } };
    expect(await api.problem('POST', '/v1/sweeps', { json: { model, dataset, sweep: late } })).toMatchObject({
      code: 'preflight_failed',
      errors: [{ field: 'sweep.verify.skip', message: expect.stringContaining('skip fewer') }],
    });
  });

  it('loses none of the changes that come at once', async () => {
    const sweep = await launch();
    const changes = [{ parallel: 7 }, { trials: 2 }, { minutes: 90 }];
    await Promise.all(changes.map((json) => api.call('PATCH', `/v1/sweeps/${sweep.id}`, { json })));
    const { document } = (await api.call<Sweep>('GET', `/v1/sweeps/${sweep.id}`)).body;
    expect(document.limits).toEqual({ parallel: 7, trials: 2, minutes: 90 });
    await post(sweep, 'cancel');
  });

  it('answers a repetition with its Idempotency-Key as the first time', async () => {
    const [first, again] = [
      await launch(SWEEP, { 'idempotency-key': 'k' }),
      await launch(SWEEP, { 'idempotency-key': 'k' }),
    ];
    expect(again).toEqual(first);
    await post(first, 'cancel');
  });

  it('streams what happens, resumable, and ends with the sweep', async () => {
    const sweep = await launch();
    await api.call('POST', `/v1/sweeps/${sweep.id}/trials`, { json: { assignment: { 'prune.ratio': 0.3 } } });
    await post(sweep, 'pause');
    const stop = new AbortController();
    const types: string[] = [];
    let last = '';
    const stream = await api.open('GET', `/v1/sweeps/${sweep.id}/events`, {}, stop.signal);
    for await (const { id, data } of parseEventStream(stream.body!)) {
      const event = JSON.parse(data) as SweepEvent;
      types.push(event.type === 'sweep' ? event.state : event.type);
      last = id || last;
      if (types.length === 4) break;
    }
    stop.abort();
    expect(types).toEqual(['snapshot', 'running', 'trial', 'paused']);
    expect(last).toBe('3');
    const { lastEventId } = (await api.call<Sweep>('GET', `/v1/sweeps/${sweep.id}`)).body;
    expect(lastEventId).toBe(3);
    const after = new AbortController();
    await post(sweep, 'resume');
    const headers = { 'last-event-id': String(lastEventId) };
    const rest = await api.open('GET', `/v1/sweeps/${sweep.id}/events`, { headers }, after.signal);
    const ids: string[] = [];
    for await (const { id } of parseEventStream(rest.body!)) if (ids.push(id) === 2) break;
    after.abort();
    expect(ids).toEqual(['', '4']);
    const wrong = await api.problem('GET', `/v1/sweeps/${sweep.id}/events`, { headers: { 'last-event-id': '99' } });
    expect(wrong.detail).toContain(`sweep ${sweep.id}`);
    await post(sweep, 'cancel');
  });

  it('has results and exports while there is nothing yet', async () => {
    const sweep = await launch();
    expect((await api.call<SweepResults>('GET', `/v1/sweeps/${sweep.id}/results`)).body).toEqual({
      objectives: [{ metric: 'compressedBytes', direction: 'minimize' }],
      front: [],
      nearest: [],
      best: [],
      bestUnder: [],
      reference: null,
      hypervolume: [],
      importance: [],
      same: [],
    });
    const csv = await api.call<string>('GET', `/v1/sweeps/${sweep.id}/export`, { headers: { accept: 'text/csv' } });
    expect(csv.body).toBe('number,state,prune.ratio,compressedBytes,violation,seconds,model,job,reason\r\n');
    const json = await api.call<{ sweep: Sweep }>('GET', `/v1/sweeps/${sweep.id}/export`);
    expect(json.body.sweep.id).toBe(sweep.id);
    expect(
      (await api.problem('GET', `/v1/sweeps/${sweep.id}/export`, { headers: { accept: 'image/png' } })).status,
    ).toBe(406);
    const items = (await api.call<{ items: SweepItem[] }>('GET', '/v1/sweeps?state=running')).body.items;
    expect(items).toMatchObject([{ id: sweep.id, title: 'prune, over prune.ratio', trials: 3 }]);
    await post(sweep, 'cancel');
  });
});
