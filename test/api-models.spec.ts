import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { create } from '@bufbuild/protobuf';
import type { Model, ModelInspection, Problem } from '#contracts';
import {
  DataLocation,
  floatTensor,
  FunctionProtoSchema,
  GraphBuilder,
  makeNode,
  StringStringEntryProtoSchema,
} from '#onnx';
import { mlp } from '#testing';
import { ApiHarness, modelBytes, octets, oddModel, PRUNE, seedNet } from './api-harness.js';

const MIB = 1024 ** 2;
const UNKNOWN = '0'.repeat(64);

describe('/v1/models', () => {
  let api: ApiHarness;

  beforeAll(async () => {
    api = await ApiHarness.start({ maxUploadBytes: 2 * MIB });
  });
  afterAll(() => api?.stop());

  /** What lies in the work folder and the store: nothing may stay of what was refused. */
  async function kept(): Promise<string[]> {
    const files = await readdir(api.folder, { recursive: true, withFileTypes: true });
    return files
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  }

  /** The problem with an upload, of which nothing is kept. */
  async function refused(body: Uint8Array<ArrayBuffer> | ReadableStream): Promise<Problem> {
    const before = await kept();
    const problem = await api.problem('POST', '/v1/models', octets(body));
    expect(await kept()).toEqual(before);
    return problem;
  }

  describe('201', () => {
    it('names an uploaded model by the digest of its bytes and tells what it holds', async () => {
      const bytes = await seedNet();
      const { status, body, headers } = await api.upload(bytes, 'seed net.onnx');
      expect(status).toBe(201);
      expect(body).toMatchObject({
        id: createHash('sha256').update(bytes).digest('hex'),
        name: 'seed net.onnx',
        bytes: bytes.length,
        inspection: { parameters: 250_326, opset: 17, ops: { Conv: 2, Gemm: 2 } },
      });
      expect(headers.get('location')).toBe(`/v1/models/${body.id}`);
    });

    it('tells what will surprise: weights that are no numbers, by tensor and place', async () => {
      const model = mlp([8, 5, 4]);
      const [weight] = model.graph!.initializer;
      model.graph!.initializer[0] = floatTensor(weight!.name, [5, 8], new Float32Array(40).fill(NaN, 9));
      const { status, body } = await api.upload(modelBytes(model), 'diverged.onnx');
      expect(status).toBe(201);
      const warnings = [
        `weight "${weight!.name}" holds NaN at [1, 1], the first of 31 such elements: passes refuse the model`,
      ];
      expect(body.inspection.warnings).toEqual(warnings);
      expect((await api.call<ModelInspection>('GET', `/v1/models/${body.id}/inspect`)).body.warnings).toEqual(warnings);
    });

    it.each(['weights.bin', 'model.onnx'])('refuses a model whose tensors lie in %s, naming both', async (file) => {
      const model = mlp([8, 6, 4]);
      const [weight] = model.graph!.initializer;
      Object.assign(weight!, {
        rawData: new Uint8Array(),
        dataLocation: DataLocation.EXTERNAL,
        externalData: [create(StringStringEntryProtoSchema, { key: 'location', value: file })],
      });
      const { status, code, detail } = await refused(modelBytes(model));
      expect({ status, code }).toEqual({ status: 422, code: 'external_data' });
      expect(detail).toBe(
        `tensor "${weight!.name}" has its data in another file, "${file}", which does not come with the model: save the model as one file, as onnx.save(model, path) does by default and torch.onnx.export with external_data=False, or push it with the coldpress command or as a form, with the files of its data`,
      );
    });

    it('refuses a node that is not what its operator takes, by name', async () => {
      const model = mlp([8, 3, 4]);
      model.graph!.node[0]!.input = [];
      expect(await refused(modelBytes(model))).toMatchObject({
        status: 422,
        code: 'invalid_model',
        detail: expect.stringMatching(/node .*Gemm.* has 0 inputs, and the operator takes 2 to 3/) as string,
      });
    });

    it('looks into the functions of a model', async () => {
      const b = new GraphBuilder();
      b.append(makeNode('Block', [b.input('x', [1, 4])], ['h'], {}, { domain: 'pkg.mod' }));
      b.append(makeNode('Block', ['h'], [b.output('y', [1, 4])], {}, { domain: 'pkg.mod' }));
      const model = b.build(17, 8);
      const node = [
        makeNode('Constant', [], ['w'], { value: floatTensor('', [4, 4], new Float32Array(16).fill(1)) }),
        makeNode('MatMul', ['a', 'w'], ['b']),
      ];
      model.functions = [
        create(FunctionProtoSchema, {
          domain: 'pkg.mod',
          name: 'Block',
          input: ['a'],
          output: ['b'],
          node,
          opsetImport: model.opsetImport,
        }),
      ];
      const { status, body } = await api.upload(modelBytes(model), 'functions.onnx');
      expect({ status, ops: body.inspection.ops, macs: body.inspection.macs }).toEqual({
        status: 201,
        ops: { Constant: 2, MatMul: 2 },
        macs: 32,
      });
    });

    it('takes odd names, and finds a model by the one that it got', async () => {
      const name = 'n\u00e4me \u65e5\u672c \u0000 ../x';
      const { status, body } = await api.upload(modelBytes(mlp([8, 9, 3])), name);
      expect({ status, name: body.name }).toEqual({ status: 201, name: name.replace('\u0000', '\ufffd') });
      const found = await api.call<{ items: Model[] }>('GET', `/v1/models?name=${encodeURIComponent(name)}`);
      expect(found.body.items.map(({ id }) => id)).toEqual([body.id]);
    });

    it('registers a file below the import folder', async () => {
      const path = join(api.folder, 'registered.onnx');
      await writeFile(path, modelBytes(mlp([8, 5, 4])));
      const { status, body } = await api.call<Model>('POST', '/v1/models', { json: { uri: pathToFileURL(path).href } });
      expect({ status, name: body.name }).toEqual({ status: 201, name: 'registered.onnx' });
    });
  });

  describe('200', () => {
    it('answers the same bytes again with the model that is there', async () => {
      const bytes = modelBytes(mlp([8, 6, 4]));
      const first = await api.upload(bytes, 'first');
      const second = await api.upload(bytes, 'second');
      expect([first.status, second.status]).toEqual([201, 200]);
      expect(second.body).toEqual(first.body);
    });

    it('lists newest first, in pages that neither lose nor repeat a model', async () => {
      for (const hidden of [9, 10, 11]) await api.model(mlp([8, hidden, 4]));
      const whole = (await api.call<{ items: Model[] }>('GET', '/v1/models')).body.items;
      const paged: Model[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: { items: Model[]; nextCursor: string | null } = (
          await api.call<{ items: Model[]; nextCursor: string | null }>(
            'GET',
            `/v1/models?limit=2${cursor ? `&cursor=${cursor}` : ''}`,
          )
        ).body;
        paged.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(paged).toEqual(whole);
      expect(whole.map(({ createdAt }) => createdAt)).toEqual(
        whole
          .map(({ createdAt }) => createdAt)
          .sort()
          .reverse(),
      );
    });

    it('tells inputs and operators of one model, and gives its bytes back', async () => {
      const bytes = modelBytes(mlp([8, 12, 4]));
      const { id } = (await api.upload(bytes)).body;
      expect((await api.call<Model>('GET', `/v1/models/${id}`)).body.id).toBe(id);
      expect((await api.call<ModelInspection>('GET', `/v1/models/${id}/inspect`)).body.inputs).toEqual([
        { name: 'x', type: 'float32', dims: ['batch', 8] },
      ]);
      const content = new Uint8Array(await (await api.open('GET', `/v1/models/${id}/content`)).arrayBuffer());
      expect(content).toEqual(bytes);
    });
  });

  describe('204', () => {
    it('forgets a model that no job refers to', async () => {
      const { id } = await api.model(mlp([8, 13, 4]));
      expect((await api.call('DELETE', `/v1/models/${id}`)).status).toBe(204);
      expect((await api.problem('GET', `/v1/models/${id}`)).code).toBe('not_found');
    });
  });

  describe('400', () => {
    it('wants bytes', async () => {
      expect(await refused(new Uint8Array(0))).toMatchObject({ status: 400, code: 'empty_upload' });
    });

    it('names the parameter that is not a digest, and a cursor that no list returned', async () => {
      expect(await api.problem('GET', '/v1/models/abc')).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(await api.problem('GET', '/v1/models?limit=0')).toMatchObject({
        status: 400,
        errors: [{ field: 'limit' }],
      });
      expect(await api.problem('GET', '/v1/models?cursor=abc')).toMatchObject({ status: 400, code: 'invalid_cursor' });
    });

    it('names the field of a registration', async () => {
      expect(await api.problem('POST', '/v1/models', { json: { url: 's3://bucket/key' } })).toMatchObject({
        status: 400,
        errors: expect.arrayContaining([expect.objectContaining({ field: 'uri' })]) as unknown,
      });
    });
  });

  it('404 for a model that is not there', async () => {
    expect(await api.problem('GET', `/v1/models/${UNKNOWN}`)).toMatchObject({ status: 404, code: 'not_found' });
    expect(await api.problem('DELETE', `/v1/models/${UNKNOWN}`)).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('409 for deleting a model that a job refers to', async () => {
    const { modelId } = await api.job({ recipe: PRUNE });
    expect(await api.problem('DELETE', `/v1/models/${modelId}`)).toMatchObject({ status: 409, code: 'in_use' });
  });

  it('413 for more bytes than allowed, whether announced or streamed', async () => {
    expect(await refused(new Uint8Array(2 * MIB + 1))).toMatchObject({ status: 413, code: 'artifact_too_large' });
    let left = 5;
    const stream = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(new Uint8Array(MIB));
        else controller.close();
      },
    });
    expect(await refused(stream)).toMatchObject({ status: 413, code: 'artifact_too_large' });
  });

  it('415 for a content type that is neither bytes nor JSON', async () => {
    expect(
      await api.problem('POST', '/v1/models', { body: 'x', headers: { 'content-type': 'text/plain' } }),
    ).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });

  describe('422, keeping nothing', () => {
    it('for a file that is not ONNX', async () => {
      expect(await refused(new TextEncoder().encode('this is no model'))).toMatchObject({
        status: 422,
        code: 'invalid_model',
      });
    });

    it('for a truncated model', async () => {
      const bytes = await seedNet();
      expect(await refused(bytes.slice(0, bytes.length - 1000))).toMatchObject({ status: 422, code: 'invalid_model' });
    });

    it('for an opset that is not read, naming those that are', async () => {
      expect(await refused(oddModel({ opset: 99 }))).toMatchObject({
        status: 422,
        code: 'unsupported_model',
        detail: expect.stringMatching(/opset 99.*opset \d+ to \d+/) as unknown,
      });
    });

    it('for an operator of a domain that nobody knows, naming it', async () => {
      expect(await refused(oddModel({ domain: 'acme.ops' }))).toMatchObject({
        status: 422,
        code: 'unsupported_model',
        detail: expect.stringContaining('acme.ops') as unknown,
      });
    });

    it('for a URI outside the import folder, or of another kind', async () => {
      for (const uri of ['file:///etc/passwd', 'https://example.com/net.onnx', 'nonsense']) {
        expect(await api.problem('POST', '/v1/models', { json: { uri } })).toMatchObject({
          status: 422,
          code: 'uri_not_allowed',
        });
      }
    });
  });
});

describe('POST /v1/models when the disk is full', () => {
  let api: ApiHarness;

  beforeAll(async () => {
    api = await ApiHarness.startOnSmallDisk();
  });
  afterAll(() => api?.stop());

  it('507, keeping nothing, and the next upload that fits succeeds', async () => {
    expect(await api.problem('POST', '/v1/models', octets(new Uint8Array(8 * MIB)))).toMatchObject({
      status: 507,
      code: 'store_full',
      detail: expect.stringContaining('no space left') as unknown,
    });
    expect((await api.call<{ items: unknown[] }>('GET', '/v1/models')).body.items).toEqual([]);
    const bytes = new Uint8Array(1.9 * MIB);
    expect(await api.problem('POST', '/v1/models', octets(bytes))).toMatchObject({
      status: 422,
      code: 'invalid_model',
    });
    expect((await api.upload(modelBytes())).status).toBe(201);
  });
});
