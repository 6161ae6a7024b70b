import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { DistillOptions } from '#contracts';
import type { PassContext } from '../../pass.js';
import { openDataset } from '#datasets';
import { DataType, Graph, GraphBuilder, ModelProtoSchema, makeTensor, tensorData, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { distillPass } from './distill.js';
import { CURVE_FILE } from '../../training/training-curve.js';

const random = randomNumbers(11);
const normal = (count: number, scale = 1) =>
  Float32Array.from({ length: count }, () => (random() + random() + random() - 1.5) * scale);

/** Six inputs, eight hidden units, three classes. */
function teacher(): ModelProto {
  const b = new GraphBuilder();
  const hidden = b.op('Relu', [
    b.op('Gemm', [b.input('x', ['n', 6]), b.float(normal(48), [6, 8]), b.float(normal(8))]),
  ]);
  b.output(b.op('Gemm', [hidden, b.float(normal(24), [8, 3]), b.float(normal(3))], {}, { outputs: ['y'] }), ['n', 3]);
  return b.build();
}

/** The same net with int8 weights behind DequantizeLinear, half of the first layer's pruned, and uint8 activations. */
function student(): ModelProto {
  const b = new GraphBuilder('s');
  const integers = (name: string, dims: number[], keep: (i: number) => boolean) =>
    b.initializer(
      makeTensor(
        name,
        DataType.INT8,
        dims,
        Int8Array.from(
          { length: dims[0]! * dims[1]! },
          (_, i) => (keep(i) ? 1 + Math.floor(random() * 60) : 0) * (i % 3 === 0 ? -1 : 1),
        ),
      ),
    );
  const first = b.op(
    'DequantizeLinear',
    [
      integers('w1', [6, 8], (i) => i % 2 === 0),
      b.float(Array<number>(8).fill(0.02)),
      b.initializer(makeTensor('z1', DataType.INT8, [8], new Int8Array(8))),
    ],
    { axis: 1 },
  );
  const second = b.op('DequantizeLinear', [integers('w2', [8, 3], () => true), b.float(0.02)]);
  const hidden = b.op('Relu', [b.op('Gemm', [b.input('x', ['n', 6]), first, b.float(normal(8))])]);
  const grid = [b.float(0.02), b.initializer(makeTensor('zero', DataType.UINT8, [], Uint8Array.of(0)))];
  const quantized = b.op('DequantizeLinear', [b.op('QuantizeLinear', [hidden, ...grid]), ...grid]);
  b.output(b.op('Gemm', [quantized, second, b.float(normal(3))], {}, { outputs: ['y'] }), ['n', 3]);
  return b.build();
}

const SAMPLES = 96;

/** A safetensors file with inputs x and labels y. */
function arrays(): Buffer {
  const x = Buffer.from(normal(SAMPLES * 6, 2).buffer);
  const y = Buffer.from(BigInt64Array.from({ length: SAMPLES }, (_, i) => BigInt(i % 3)).buffer);
  const header = Buffer.from(
    JSON.stringify({
      x: { dtype: 'F32', shape: [SAMPLES, 6], data_offsets: [0, x.length] },
      y: { dtype: 'I64', shape: [SAMPLES], data_offsets: [x.length, x.length + y.length] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, x, y]);
}

describe('distill', () => {
  const reference = toBinary(ModelProtoSchema, teacher());
  const start = toBinary(ModelProtoSchema, student());
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-distill-'));
    const manifest = {
      name: 'points',
      inputs: { '*': { array: 'x' } },
      labels: { array: 'y', classes: 3 },
      splits: { train: { file: 'data.safetensors' } },
    };
    await writeFile(join(folder, 'data.safetensors'), arrays());
    await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function run(
    options: Partial<DistillOptions> = {},
    seed = 5,
    before = start,
    extra: Partial<PassContext> = {},
  ) {
    const progress: Record<string, number>[] = [];
    const context: PassContext = {
      model: fromBinary(ModelProtoSchema, before),
      baseline: reference,
      history: [],
      data: await openDataset(folder),
      seed,
      threads: 1,
      outputPath: folder,
      progress: (_, __, values) => {
        if (values) progress.push(values);
      },
      log: () => undefined,
      ...extra,
    };
    const result = await distillPass.run(context, DistillOptions.parse({ epochs: 4, batchSize: 16, ...options }));
    return { bytes: toBinary(ModelProtoSchema, result.model!), result, progress };
  }

  const integersOf = (bytes: Uint8Array, name: string) => [
    ...(tensorData(new Graph(fromBinary(ModelProtoSchema, bytes)).initializer(name)!) as Int8Array),
  ];

  it('lowers the distance to the teacher and says so step by step', async () => {
    const { result, progress } = await run({ epochs: 20, alpha: 1, learningRate: 0.02 });
    expect(result.summary['lastLoss']).toBeLessThan(0.5 * (result.summary['firstLoss'] as number));
    expect(Object.keys(progress[0]!).sort()).toEqual([
      'epoch',
      'etaS',
      'hardLoss',
      'learningRate',
      'loss',
      'samplesPerS',
      'softLoss',
      'step',
    ]);
    const curve = JSON.parse(await readFile(join(folder, CURVE_FILE), 'utf8')) as { points: unknown[] };
    expect(curve.points).toHaveLength(progress.length);
  });

  it('keeps zeros zero and integers on the reduced range they were on', async () => {
    const { bytes } = await run({ learningRate: 0.1 });
    const [before, after] = [integersOf(start, 'w1'), integersOf(bytes, 'w1')];
    expect(after.filter((value, i) => before[i] === 0 && value !== 0)).toEqual([]);
    expect(after).not.toEqual(before);
    expect(Math.max(...after.map(Math.abs))).toBeLessThanOrEqual(64);
  });

  it('changes no node and no grid of the model', async () => {
    const { bytes } = await run();
    const shape = (model: ModelProto) => model.graph!.node.map((node) => [node.opType, node.input, node.output]);
    expect(shape(fromBinary(ModelProtoSchema, bytes))).toEqual(shape(fromBinary(ModelProtoSchema, start)));
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const [first, again, other] = [await run(), await run(), await run({}, 6)];
    expect(Buffer.compare(first.bytes, again.bytes)).toBe(0);
    expect(Buffer.compare(first.bytes, other.bytes)).not.toBe(0);
  });

  it.each(['discriminative', 'generative', 'hybrid'] as const)(
    'goes on after a kill at its last checkpoint and ends with the same bytes (%s)',
    async (method) => {
      const checkpointFile = join(folder, `${method}.checkpoint`);
      const generator = {
        low: -3,
        high: 3,
        learningRate: 0.01,
        statistics: 1,
        adversarial: 0.5,
        generatedBatchesPerEpoch: 6,
      };
      const options = { method, epochs: 3, ...(method === 'discriminative' ? {} : { generator }) };
      const uninterrupted = await run(options);
      const kill = (fraction: number) => {
        if (fraction > 0.7) throw new Error('killed');
      };
      await expect(run(options, 5, start, { checkpointFile, progress: kill })).rejects.toThrow('killed');
      const lines: string[] = [];
      const resumed = await run(options, 5, start, { checkpointFile, log: (line) => lines.push(line) });
      expect(lines.at(-1)).toMatch(/^resumed after epoch 2 of 3/);
      expect(Buffer.compare(resumed.bytes, uninterrupted.bytes)).toBe(0);
    },
  );

  it.each(['generative', 'hybrid'] as const)('learns by the %s method', async (method) => {
    const { result } = await run({
      method,
      epochs: 4,
      learningRate: 0.02,
      generator: {
        low: -3,
        high: 3,
        learningRate: 0.01,
        statistics: 1,
        adversarial: 0.5,
        generatedBatchesPerEpoch: 40,
      },
    });
    expect(result.summary['lastLoss']).toBeLessThan(0.5 * (result.summary['firstLoss'] as number));
  });

  it('trains a model of an older opset, whose axes are attributes', async () => {
    const b = new GraphBuilder();
    const product = b.op('Gemm', [b.input('x', ['n', 6]), b.float(normal(18), [6, 3]), b.float(normal(3))]);
    const centered = b.op('Sub', [product, b.op('ReduceMean', [product], { axes: [1] })]);
    b.output(b.op('Squeeze', [b.op('Unsqueeze', [centered], { axes: [0] })], { axes: [0] }, { outputs: ['y'] }), [
      'n',
      3,
    ]);
    const { bytes, result } = await run(
      { epochs: 20, learningRate: 0.02 },
      5,
      toBinary(ModelProtoSchema, b.build(11, 6)),
    );
    expect(result.summary['lastLoss']).toBeLessThan(result.summary['firstLoss'] as number);
    expect(new Graph(fromBinary(ModelProtoSchema, bytes)).opset()).toBe(11);
  });

  it('names the nodes without a gradient rule before anything runs', () => {
    const b = new GraphBuilder();
    const product = b.op('Gemm', [b.input('x', ['n', 6]), b.float(normal(48), [6, 8])]);
    b.output(b.op('CenterCropPad', [product, b.ints([8])], { axes: [1] }, { outputs: ['y'] }), ['n', 8]);
    expect(distillPass.obstacles!(b.build(), DistillOptions.parse({}), new Map())).toEqual([
      { field: '', message: expect.stringContaining('"y" (CenterCropPad)') as unknown },
    ]);
  });

  it("refuses a student whose answers have another shape than the teacher's", async () => {
    const b = new GraphBuilder();
    b.output(b.op('Gemm', [b.input('x', ['n', 6]), b.float(normal(12), [6, 2])], {}, { outputs: ['y'] }), ['n', 2]);
    await expect(run({}, 1, toBinary(ModelProtoSchema, b.build()))).rejects.toThrow(
      /student's output "y" is \[16,2\], the teacher's is \[16,3\]/,
    );
  });
});
