import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StoredDataset, type DatasetRecord, type DatasetInspection, type Problem } from '#contracts';
import { datasetDigest, writeNpz } from '#datasets';
import { ApiHarness, datasetForm, MANIFEST, npz } from './api-harness.js';

const UNKNOWN = '0'.repeat(64);

describe('/v1/datasets', () => {
  let api: ApiHarness;

  beforeAll(async () => {
    api = await ApiHarness.start({ maxUploadBytes: 1024 ** 2 });
  });
  afterAll(() => api?.stop());

  /** The problem with a form, of which nothing is kept. */
  async function refused(
    manifest: unknown,
    files: Record<string, Uint8Array<ArrayBuffer>> = { 'data.npz': npz() },
  ): Promise<Problem> {
    const problem = await api.problem('POST', '/v1/datasets', { body: datasetForm(manifest, files) });
    expect(await readdir(join(api.config.workPath, 'uploads'))).toEqual([]);
    return problem;
  }

  describe('201 and 200', () => {
    it('stores manifest and files, under the digest of the document that names both', async () => {
      const { status, body } = await api.sendDataset({ ...MANIFEST, name: 'first' }, { 'data.npz': npz() });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        name: 'first',
        inspection: { classes: 4, splits: { train: 10, test: 5 }, inputs: { '*': { dims: [8], type: 'float32' } } },
      });
      const files = { 'data.npz': createHash('sha256').update(npz()).digest('hex') };
      expect(body.id).toBe(datasetDigest(StoredDataset.parse({ manifest: body.manifest, files })));
    });

    it('answers the same data set again with the one that is there, whatever the manifest is written in', async () => {
      const first = await api.sendDataset(MANIFEST, { 'data.npz': npz() });
      const yaml = `splits: { test: { count: 5, file: data.npz }, train: { file: data.npz } }\nlabels: { classes: 4, array: y }\ninputs: { "*": { array: x } }\nname: ten samples\n`;
      const second = await api.sendDataset(yaml, { 'data.npz': npz() });
      expect([first.status, second.status]).toEqual([201, 200]);
      expect(second.body).toEqual(first.body);
    });

    it('registers a manifest below the import folder with the files beside it', async () => {
      await writeFile(join(api.folder, 'data.npz'), npz());
      await writeFile(join(api.folder, 'dataset.json'), JSON.stringify({ ...MANIFEST, name: 'registered' }));
      const { status, body } = await api.call<DatasetRecord>('POST', '/v1/datasets', {
        json: { uri: pathToFileURL(join(api.folder, 'dataset.json')).href },
      });
      expect({ status, name: body.name }).toEqual({ status: 201, name: 'registered' });
    });

    it('lists, gets and inspects', async () => {
      const { id } = await api.dataset();
      expect(
        (await api.call<{ items: DatasetRecord[] }>('GET', '/v1/datasets?name=ten%20samples')).body.items.map(
          (item) => item.id,
        ),
      ).toEqual([id]);
      expect((await api.call<DatasetRecord>('GET', `/v1/datasets/${id}`)).body.id).toBe(id);
      expect((await api.call<DatasetInspection>('GET', `/v1/datasets/${id}/inspect`)).body.splits).toEqual({
        train: 10,
        test: 5,
      });
    });
  });

  it('tells of samples that are not finite, and keeps the data set', async () => {
    const x = Float32Array.from({ length: 80 }, (_, i) => (i === 19 ? Number.NaN : 0));
    const bytes = new Uint8Array(
      writeNpz({
        x: { dtype: 'f4', dims: [10, 8], data: x },
        y: { dtype: 'i8', dims: [10], data: new BigInt64Array(10) },
      }),
    );
    const { status, body } = await api.sendDataset(
      { ...MANIFEST, name: 'nan', splits: { train: { file: 'data.npz' } } },
      { 'data.npz': bytes },
    );
    expect({ status, warnings: body.inspection.warnings }).toEqual({
      status: 201,
      warnings: [expect.stringMatching(/sample 2 holds NaN at element 3/)],
    });
  });

  it('422 for one byte that was flipped in an array that is not packed', async () => {
    const bytes = npz();
    bytes[200]! ^= 1;
    expect(
      (await api.sendDataset<Problem>({ ...MANIFEST, name: 'flipped' }, { 'data.npz': bytes })).body,
    ).toMatchObject({ status: 422, code: 'dataset_format', detail: expect.stringContaining('CRC-32') as unknown });
  });

  it('204 for forgetting one that no job refers to', async () => {
    const { id } = (await api.sendDataset({ ...MANIFEST, name: 'gone soon' }, { 'data.npz': npz() })).body;
    expect((await api.call('DELETE', `/v1/datasets/${id}`)).status).toBe(204);
    expect(await api.problem('GET', `/v1/datasets/${id}`)).toMatchObject({ status: 404 });
  });

  describe('400', () => {
    it('for a form without a manifest', async () => {
      expect(await refused(undefined)).toMatchObject({
        status: 400,
        code: 'invalid_form',
        detail: expect.stringContaining('manifest') as unknown,
      });
    });

    it('for a file name that leads out of its folder', async () => {
      expect(await refused(MANIFEST, { 'dataset.json': npz() })).toMatchObject({ status: 400, code: 'invalid_form' });
    });

    it('for a form that ends in the middle of a part', async () => {
      const whole = Buffer.from('--x\r\ncontent-disposition: form-data; name="file"; filename="data.npz"\r\n\r\nabc');
      const headers = { 'content-type': 'multipart/form-data; boundary=x' };
      expect(await api.problem('POST', '/v1/datasets', { body: new Uint8Array(whole), headers })).toMatchObject({
        status: 400,
      });
    });
  });

  it('404 for a data set that is not there', async () => {
    expect(await api.problem('GET', `/v1/datasets/${UNKNOWN}`)).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('413 for more bytes than allowed', async () => {
    expect(await refused(MANIFEST, { 'data.npz': new Uint8Array(1024 ** 2 + 1) })).toMatchObject({
      status: 413,
      code: 'artifact_too_large',
    });
  });

  it('415 for a content type that is neither a form nor JSON', async () => {
    expect(
      await api.problem('POST', '/v1/datasets', { body: 'x', headers: { 'content-type': 'text/plain' } }),
    ).toMatchObject({ status: 415 });
  });

  describe('422, keeping nothing', () => {
    it('for a manifest with a typo, naming the field', async () => {
      const { name: _name, ...nameless } = MANIFEST;
      expect(await refused({ ...nameless, labels: { array: 'y', classes: 0 } })).toMatchObject({
        status: 422,
        code: 'dataset_manifest',
        errors: expect.arrayContaining([
          expect.objectContaining({ field: 'name' }),
          expect.objectContaining({ field: 'labels.classes' }),
        ]) as unknown,
      });
    });

    it('for a manifest that is no YAML', async () => {
      expect(await refused('inputs: [')).toMatchObject({ status: 422, code: 'dataset_manifest' });
    });

    it('for a file that is missing, and one that nobody names', async () => {
      expect(await refused(MANIFEST, { 'other.npz': npz() })).toMatchObject({
        status: 422,
        code: 'dataset_file',
        errors: [{ field: 'files.data.npz' }, { field: 'files.other.npz' }],
      });
    });

    it('for arrays whose shapes disagree, saying how', async () => {
      expect(await refused(MANIFEST, { 'data.npz': npz({ rows: 10, labels: 9 }) })).toMatchObject({
        status: 422,
        code: 'dataset_shape',
        detail: expect.stringMatching(/10.*9|9.*10/) as unknown,
      });
    });

    it('for labels out of range, naming array and range', async () => {
      expect(await refused(MANIFEST, { 'data.npz': npz({ largest: 7 }) })).toMatchObject({
        status: 422,
        code: 'dataset_labels',
        detail: expect.stringContaining('"y"') as unknown,
      });
    });

    it('for an archive that is truncated', async () => {
      expect((await refused(MANIFEST, { 'data.npz': npz().slice(0, 200) })).code).toMatch(/^dataset_/);
    });
  });
});
