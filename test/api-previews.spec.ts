import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetPreview, ModelLayers, ModelLineage, ModelPair } from '#contracts';
import { ApiHarness, datasetForm, MANIFEST, npz } from './api-harness.js';

describe('what a model would get of data', () => {
  let api: ApiHarness;
  let model: string;

  beforeAll(async () => {
    api = await ApiHarness.start({ maxUploadBytes: 1024 ** 2 });
    model = (await api.model()).id;
  });
  afterAll(() => api?.stop());

  const preview = async (manifest: unknown, name = 'ten') => {
    const body = datasetForm(manifest, { 'data.npz': npz() });
    const answer = await api.call<DatasetPreview>('POST', `/v1/datasets/preview?model=${model}&name=${name}`, { body });
    // Nothing of it is kept.
    expect(await readdir(join(api.config.workPath, 'uploads'))).toEqual([]);
    return answer;
  };

  it('is guessed from files that came without a manifest, and says what of the guess to look at', async () => {
    const { status, body } = await preview(undefined);
    expect({ status, problem: body.problem }).toEqual({ status: 200, problem: null });
    expect(body.manifest).toMatch(/^# Guessed[^]*name: ten[^]*array: x/);
    // A fifth of ten samples is the test split of a guess.
    expect(body.samples).toHaveLength(2);
    expect(body.samples[0]).toMatchObject({ label: expect.any(String), inputs: [{ dims: [8], least: 0 }] });
    expect(body.samples[0]?.answer).toMatch(/class \d/);
    expect((await api.call<{ items: unknown[] }>('GET', '/v1/datasets')).body.items).toEqual([]);
  });

  it('is that of the manifest that was sent, and what does not fit the model is said', async () => {
    expect((await preview(MANIFEST)).body).toMatchObject({ split: 'test', problem: null, notes: [] });
    const { status, body } = await preview({ ...MANIFEST, inputs: { '*': { array: 'y' } } });
    expect({ status, samples: body.samples }).toEqual({ status: 200, samples: [] });
    expect(body.problem).toMatch(/\w+/);
  });

  it('is read anew of a data set that is stored', async () => {
    const { id } = await api.dataset();
    const { body } = await api.call<DatasetPreview>('GET', `/v1/datasets/${id}/preview?model=${model}&samples=2`);
    expect(body).toMatchObject({ split: 'test', problem: null });
    expect(body.samples).toHaveLength(2);
    const splits = Object.entries(MANIFEST.splits);
    expect(splits.length).toBeGreaterThan(0);
    const beyond = `/v1/datasets/${id}/preview?model=${model}&split=${splits[0]?.[0]}&from=1000000`;
    expect((await api.call<DatasetPreview>('GET', beyond)).body).toMatchObject({ samples: [], problem: null });
  });

  it('needs a file, and a model that is stored', async () => {
    const path = `/v1/datasets/preview?model=${model}`;
    const body = new FormData();
    body.append('manifest', 'name: none');
    expect(await api.problem('POST', path, { body })).toMatchObject({ status: 400, code: 'invalid_form' });
    const unknown = `/v1/datasets/preview?model=${'0'.repeat(64)}`;
    const form = datasetForm(undefined, { 'data.npz': npz() });
    expect(await api.problem('POST', unknown, { body: form })).toMatchObject({ status: 404 });
    const text = datasetForm(undefined, { 'notes.pdf': new Uint8Array([1, 2]) });
    expect(await api.problem('POST', path, { body: text })).toMatchObject({ status: 422, code: 'dataset_format' });
  });

  it('stands beside what the layers of the model are, alone and of a job that has made none yet', async () => {
    const { body } = await api.call<ModelLayers>('GET', `/v1/models/${model}/graph`);
    expect(body.layers.length).toBeGreaterThan(1);
    expect(body.layers[1]).toMatchObject({ from: [0] });
    const job = await api.job({ model });
    const pair = (await api.call<ModelPair>('GET', `/v1/jobs/${job.id}/graph`)).body;
    expect(pair).toEqual({ before: body.layers, after: body.layers });
    const lineage = (await api.call<ModelLineage>('GET', `/v1/models/${model}/lineage`)).body;
    expect(lineage).toEqual({ parents: [], children: [], isCut: false });
    expect((await api.call('GET', `/v1/jobs/${job.id}/lineage`)).body).toEqual({ stages: [] });
  });
});
