import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Model } from '#contracts';
import { loadModel, readModel, writeModel } from '#onnx';
import { ApiHarness } from './api-harness.js';

const FILES = resolve(__dirname, 'data-journeys');

describe('POST /v1/models as a form', () => {
  let api: ApiHarness;
  let model: Blob;
  let data: Blob;

  beforeAll(async () => {
    api = await ApiHarness.start({ maxUploadBytes: 1024 ** 2 });
    model = new Blob([await readFile(join(FILES, 'shapes.onnx'))]);
    data = new Blob([await readFile(join(FILES, 'shapes.onnx.data'))]);
  });
  afterAll(() => api?.stop());

  function form(...parts: [field: string, content: Blob | string, name?: string][]): FormData {
    const body = new FormData();
    for (const [field, content, name] of parts)
      if (typeof content === 'string') body.append(field, content);
      else body.append(field, content, name ?? 'x');
    return body;
  }

  it('stores a model and the files of its external data as one model, named as its file', async () => {
    const parts = form(['file', data, 'shapes.onnx.data'], ['model', model, 'shapes.onnx']);
    const { status, body } = await api.call<Model>('POST', '/v1/models', { body: parts });
    expect({ status, name: body.name }).toEqual({ status: 201, name: 'shapes.onnx' });
    const stored = await (await api.open('GET', `/v1/models/${body.id}/content`)).arrayBuffer();
    const whole = writeModel(await loadModel(join(FILES, 'shapes.onnx')));
    expect(Buffer.from(stored).equals(Buffer.from(whole))).toBe(true);
    expect(
      readModel(new Uint8Array(stored)).graph!.initializer.every(({ externalData }) => externalData.length === 0),
    ).toBe(true);
    const again = form(['model', model, 'shapes.onnx'], ['file', data, 'shapes.onnx.data']);
    const second = await api.call<Model>('POST', '/v1/models?name=other.onnx', { body: again });
    expect({ status: second.status, id: second.body.id }).toEqual({ status: 200, id: body.id });
  });

  it.each<[string, () => FormData, string, RegExp]>([
    [
      'the data is missing',
      () => form(['model', model, 'shapes.onnx']),
      'external_data',
      /"shapes\.onnx\.data", which does not come with the model/,
    ],
    ['the model is missing', () => form(['file', data, 'shapes.onnx.data']), 'invalid_form', /no part "model"/],
    [
      'a file is of no use',
      () => form(['model', model, 'shapes.onnx'], ['file', data, 'shapes.onnx.data'], ['file', data, 'more.bin']),
      'invalid_form',
      /no tensor of the model lies in more\.bin/,
    ],
    [
      'a name leads out',
      () => form(['model', model, 'shapes.onnx'], ['file', data, '../shapes.onnx.data']),
      'invalid_form',
      /cannot be the name of a file/,
    ],
    [
      'there are two models',
      () => form(['model', model, 'a.onnx'], ['model', model, 'b.onnx']),
      'invalid_form',
      /two parts "model"/,
    ],
    [
      'the data is cut off',
      () => form(['model', model, 'shapes.onnx'], ['file', data.slice(0, 100), 'shapes.onnx.data']),
      'invalid_tensor',
      /the file has 100/,
    ],
    [
      'it is too large',
      () =>
        form(['model', model, 'shapes.onnx'], ['file', new Blob([new Uint8Array(2 * 1024 ** 2)]), 'shapes.onnx.data']),
      'artifact_too_large',
      /./,
    ],
    [
      'there is a field',
      () => form(['name', 'x'], ['model', model, 'shapes.onnx']),
      'invalid_form',
      /the part "model"/,
    ],
  ])('refuses it where %s', async (_, body, code, words) => {
    const problem = await api.problem('POST', '/v1/models', { body: body() });
    expect(problem).toMatchObject({ code, detail: expect.stringMatching(words) });
  });
});
