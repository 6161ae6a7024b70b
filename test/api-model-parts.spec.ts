import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buffer, json } from 'node:stream/consumers';
import yazl from 'yazl';
import type { Model } from '#contracts';
import { packFolder } from '#datasets';
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

  it('takes a zip archive of a model with its data, and leaves what is not of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-model-zip-'));
    const zipped = async (name: string, files: Record<string, Buffer | string>) => {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name, path)), { recursive: true });
        await writeFile(join(folder, name, path), content);
      }
      await packFolder(join(folder, name), join(folder, `${name}.zip`));
      return new Blob([await readFile(join(folder, `${name}.zip`))]);
    };
    const headers = { 'content-type': 'application/zip' };
    const send = async (body: Blob) =>
      api.open('POST', '/v1/models', { body: new Uint8Array(await body.arrayBuffer()), headers });
    const problemOf = async (body: Blob) => (await (await send(body)).json()) as { code: string; detail: string };
    const [net, values] = [Buffer.from(await model.arrayBuffer()), Buffer.from(await data.arrayBuffer())];
    const whole = await zipped('net', { 'a/shapes.onnx': net, 'a/shapes.onnx.data': values, 'notes.txt': 'x' });
    const stored = (await (await send(whole)).json()) as Model;
    expect(stored).toMatchObject({
      name: 'shapes.onnx',
      inspection: { producer: expect.stringMatching(/^pytorch/) as unknown },
    });
    expect(await problemOf(await zipped('two', { 'a.onnx': net, 'b.onnx': net }))).toMatchObject({
      code: 'model_archive',
      detail: expect.stringMatching(/it holds 2 models; name one of a\.onnx, b\.onnx/) as unknown,
    });
    expect(await problemOf(await zipped('alone', { 'shapes.onnx': net }))).toMatchObject({ code: 'external_data' });
    expect(await problemOf(new Blob(['no archive']))).toMatchObject({
      code: 'model_archive',
      detail: expect.stringContaining('not a readable zip archive') as unknown,
    });
    const bomb = await gzipped({ 'a.onnx': net, 'b.data': Buffer.alloc(3 * 1024 ** 2) });
    expect(await problemOf(bomb)).toMatchObject({
      code: 'model_archive',
      detail: expect.stringContaining('unpacked it has more than 1048576 bytes') as unknown,
    });
    await rm(folder, { recursive: true });
  });

  it('refuses by the length that is announced, before any byte is sent', async () => {
    const announced = request(`${api.url}/v1/models`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.key}`,
        'content-type': 'application/zip',
        'content-length': '3000000000',
      },
    });
    announced.flushHeaders();
    const [answer] = (await once(announced, 'response')) as [IncomingMessage];
    const { code } = (await json(answer)) as { code: string };
    announced.on('error', () => undefined).destroy();
    expect({ status: answer.statusCode, code }).toEqual({ status: 413, code: 'artifact_too_large' });
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

/** An archive that is much smaller than what it holds. */
async function gzipped(files: Record<string, Buffer>): Promise<Blob> {
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(content, name, { compress: true });
  zip.end();
  return new Blob([await buffer(zip.outputStream)]);
}
