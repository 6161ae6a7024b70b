import { QuantizeOptions } from '#contracts';
import { float32, type HostTensors } from '#inference';
import { elementCount, GraphBuilder, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';

const noise = (count: number, seed: number, scale: (i: number) => number = () => 1) => {
  const random = randomNumbers(seed);
  return Float32Array.from({ length: count }, (_, i) => scale(i) * (random() + random() + random() - 1.5));
};
const rows = (): HostTensors[] => [1, 2, 3, 4].map((seed) => ({ x: float32([16, 16], noise(256, seed)) }));

/**
 * Three products with one weight and one bias, as an exporter writes equal tensors; channels of uneven size between
 * them.
 */
function merged(): ModelProto {
  const b = new GraphBuilder('t');
  const bias = b.float(new Float32Array(16).fill(0.1));
  let x = b.input('x', ['n', 16]);
  const shared = b.float(
    noise(256, 6, (i) => 0.4 * 3 ** -(i % 3)),
    [16, 16],
  );
  for (const name of ['one', 'two', 'three']) {
    x = b.op('Relu', [b.op('Gemm', [x, shared, bias])]);
    const gemm = b.nodes.at(-2);
    if (gemm) gemm.name = name;
  }
  b.op('Gemm', [x, b.float(noise(64, 7), [16, 4]), b.float(noise(4, 8))], {}, { outputs: [b.output('y', ['n', 4])] });
  return b.build();
}

/** Three products with weights of their own whose biases the exporter made one. */
function mergedBias(): ModelProto {
  const b = new GraphBuilder('t');
  const bias = b.float(new Float32Array(16));
  let x = b.input('x', ['n', 16]);
  for (const seed of [1, 2, 3])
    x = b.op('Relu', [
      b.op('Gemm', [
        x,
        b.float(
          noise(256, seed, (i) => 0.4 * 30 ** -((i % 16) / 15)),
          [16, 16],
        ),
        bias,
      ]),
    ]);
  b.op('Gemm', [x, b.float(noise(64, 7), [16, 4]), bias], {}, { outputs: [b.output('y', ['n', 4])] });
  const last = b.nodes.at(-1);
  if (last) last.input[2] = b.float(noise(4, 8));
  return b.build();
}

async function quantized(source: ModelProto, given: Partial<QuantizeOptions>) {
  const model = readModel(writeModel(source));
  const report = await quantizeModel(model, QuantizeOptions.parse(given), () => rows, { threads: 1, seed: 0 });
  const matrices = model.graph?.initializer.filter(({ dims }) => elementCount(dims) >= 128).length;
  return { ...report, matrices };
}

describe('a weight that several layers read', () => {
  it.each([
    { scheme: 'static' },
    { scheme: 'dynamic' },
    { scheme: 'weightOnly' },
    { scheme: 'weightOnly', weightBits: 4, target: 'onnxruntime' },
    { scheme: 'weightOnly', weightBits: 4, weightFormat: 'codebook' },
  ] as const)('is stored once with %j', async (given) => {
    const { matrices, layers, outputSnrDb } = await quantized(merged(), given);
    expect(layers).toHaveLength(4);
    // Blocks are padded, so that the small last weight counts too.
    expect(matrices).toBe('target' in given ? 2 : 1);
    expect(outputSnrDb).toBeGreaterThan('weightBits' in given ? 8 : 25);
  });

  it.each(['static', 'weightOnly'] as const)(
    'has the biases of all its readers corrected with scheme %s, each for its own inputs',
    async (scheme) => {
      const plain = await quantized(merged(), { scheme, biasCorrection: false, weightBits: 4 });
      const corrected = await quantized(merged(), { scheme, biasCorrection: true, weightBits: 4 });
      expect(corrected.skipped).toEqual([]);
      expect(corrected.outputSnrDb).toBeGreaterThan(plain.outputSnrDb ?? Infinity);
    },
  );

  it('is rounded for the first of them by GPTQ, and says so of the others', async () => {
    const { skipped } = await quantized(merged(), { scheme: 'weightOnly', weightBits: 4, rounding: 'gptq' });
    expect(skipped).toEqual(
      ['two', 'three'].map((node) => ({
        node,
        opType: 'Gemm',
        reason: expect.stringContaining('rounded for the inputs of "one"'),
      })),
    );
  });

  it('is not scaled by equalization, which says so, while merged biases are parted for it', async () => {
    const weights = await quantized(merged(), { equalize: true });
    expect(weights.skipped.map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining('is read by several nodes'),
    );
    expect(weights.outputSnrDb).toBeGreaterThan(25);
    const biases = await quantized(mergedBias(), { equalize: true });
    expect(biases.skipped.filter(({ reason }) => reason.includes('several nodes'))).toEqual([]);
    expect(biases.outputSnrDb).toBeGreaterThan(25);
    expect((await quantized(mergedBias(), { smoothing: 0.5 })).outputSnrDb).toBeGreaterThan(25);
  });
});
