import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeNpz } from '#datasets';
import { readModel } from '#onnx';
import { CallError, DatasetError, evaluate, exportModel, OnnxError, prune, quantize, train } from './index.js';

const EXAMPLE = resolve(__dirname, '../../../examples/seed-net');
const NET = join(EXAMPLE, 'seed-net.onnx');

describe('passes without a server', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'coldpress-library-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('take a path, bytes or an outcome, and give the same bytes for the same options', async () => {
    const options = { scheme: 'weightOnly', weightBits: 8 } as const;
    const [path, bytes] = [await quantize(NET, options), await quantize(await readFile(NET), options)];
    expect(Buffer.from(path.bytes)).toEqual(Buffer.from(bytes.bytes));
    const measured = await exportModel(path, { format: 'onnx' });
    expect({ isChanged: measured.isChanged, history: measured.history.length }).toEqual({
      isChanged: false,
      history: 1,
    });
    expect([...measured.files.keys()]).toContain('exported.onnx');
    expect(readModel(measured.bytes).graph?.node.length).toBeGreaterThan(0);
  });

  it('measure every model of the work side by side, the first one first', async () => {
    const half = await prune(NET, { granularity: 'channel', ratio: 0.5 });
    const small = await quantize(half, { scheme: 'dynamic' });
    const settings = { data: EXAMPLE, threads: 1 };
    const { compared, bytes } = await evaluate(small, { samples: 50, latencyRuns: 5 }, settings);
    expect(compared.map((metrics) => metrics.bytes)).toEqual([
      (await readFile(NET)).length,
      half.bytes.length,
      small.bytes.length,
    ]);
    expect(Buffer.from(bytes)).toEqual(Buffer.from(small.bytes));
    await small.save(join(folder, 'small.onnx'));
    expect(await readFile(join(folder, 'small.onnx'))).toEqual(Buffer.from(small.bytes));
  });

  it.each([
    ['an option that is none', () => quantize(NET, { weightBit: 4 } as object), 'weightBit'],
    ['data that are not named', () => quantize(NET, { scheme: 'static' }), 'data: the pass reads data'],
    [
      'a loss that has no labels',
      () => train(NET, { loss: 'mse' }, { data: EXAMPLE }),
      'loss: mse needs labels that are numbers',
    ],
    ['a measure of accuracy without data', () => prune(NET, { maxDrop: 0.1 }), 'data: the pass reads data'],
    ['a layer that is not there', () => prune(NET, { ratio: 0.5, exclude: ['nobody'] }), 'nobody'],
  ])('refuse %s before they run', async (_what, call, words) => {
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({ code: 'library_call', message: expect.stringContaining(words) as unknown });
  });

  it.each<[string, (data: string) => Promise<unknown>, string]>([
    ['maxDrop', (data) => prune(NET, { maxDrop: 0.1 }, { data }), 'maxDrop: maxDrop needs labels with classes'],
    ['sensitivity', (data) => prune(NET, { sensitivity: true }, { data }), 'or leave sensitivity out'],
    ['mixed.maxDrop', (data) => quantize(NET, { mixed: { maxDrop: 0.1 } }, { data }), 'or use minSnrDb'],
    ['loss', (data) => train(NET, {}, { data }), 'loss: crossEntropy needs labels with classes'],
  ])('refuse %s of data without labels before they run', async (_option, call, words) => {
    const data = join(folder, 'unlabelled');
    const x = { dtype: 'f4' as const, dims: [4, 1, 32, 32], data: new Float32Array(4096) };
    const manifest = { name: 'x', inputs: { '*': { array: 'x' } }, splits: { train: { file: 'x.npz' } } };
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'x.npz'), writeNpz({ x }));
    await writeFile(join(data, 'dataset.json'), JSON.stringify(manifest));
    await expect(call(data)).rejects.toThrow(CallError);
    await expect(call(data)).rejects.toThrow(words);
  });

  it.each<[string, (data: string) => Promise<unknown>, string]>([
    ['maxDrop', (data) => prune(NET, { maxDrop: 0.1 }, { data }), 'maxDrop: maxDrop goes by top-1'],
    ['sensitivity', (data) => prune(NET, { sensitivity: true }, { data }), 'leave sensitivity out'],
    ['mixed.maxDrop', (data) => quantize(NET, { mixed: { maxDrop: 0.1 } }, { data }), 'use minSnrDb'],
  ])('refuse %s of a model that has no score for each class', async (_option, call, words) => {
    const data = join(folder, 'twelve-classes');
    const x = { dtype: 'f4' as const, dims: [4, 1, 32, 32], data: new Float32Array(4096) };
    const y = { dtype: 'i8' as const, dims: [4], data: new BigInt64Array(4) };
    const labels = { array: 'y', classes: 12 };
    const manifest = { name: 'x', inputs: { '*': { array: 'x' } }, labels, splits: { train: { file: 'x.npz' } } };
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'x.npz'), writeNpz({ x, y }));
    await writeFile(join(data, 'dataset.json'), JSON.stringify(manifest));
    await expect(call(data)).rejects.toThrow(CallError);
    await expect(call(data)).rejects.toThrow(words);
  });

  it('throw the errors of models and data as they are', async () => {
    await expect(prune(new Uint8Array(3))).rejects.toThrow(OnnxError);
    await expect(quantize(NET, {}, { data: folder })).rejects.toThrow(DatasetError);
  });
});
