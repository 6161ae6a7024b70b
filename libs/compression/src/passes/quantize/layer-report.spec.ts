import { QuantizeOptions } from '#contracts';
import { float32 } from '#inference';
import { GraphBuilder, type ModelProto } from '#onnx';
import { convNet, randomNumbers } from '#testing';
import { quantizePass } from './quantize.js';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';

const batches = (channels = 1, size = 16) => {
  const random = randomNumbers(7);
  const data = [
    { x: float32([4, channels, size, size], Float32Array.from({ length: 4 * channels * size * size }, random)) },
  ];
  return () => () => data;
};

const report = (model: ModelProto, given: Parameters<typeof QuantizeOptions.parse>[0] = {}) =>
  quantizeModel(model, QuantizeOptions.parse(given), batches(), { threads: 1, seed: 0 });

describe('the report of each layer', () => {
  it('holds width, scales, SNR with and without the noise before it, saturation and times', async () => {
    const { layers, outputSnrDb } = await report(convNet({ size: 16 }), { minProducts: 0, percentile: 99 });
    expect(layers.map(({ opType }) => opType)).toEqual(['Conv', 'Conv', 'Gemm']);
    for (const layer of layers) {
      expect(layer).toMatchObject({
        bits: 8,
        scaleMin: expect.any(Number),
        scaleMax: expect.any(Number),
        weightSnrDb: expect.any(Number),
      });
      expect(layer.inputSaturation).toBeGreaterThanOrEqual(0);
      expect(layer.inputSaturation).toBeLessThan(0.05);
      expect(layer.floatUs).toBeGreaterThan(0);
      expect(layer.quantizedUs).toBeGreaterThan(0);
    }
    const [first, , last] = layers;
    // Nothing comes before the first layer; before the last one, noise has gathered.
    expect(first!.aloneSnrDb!).toBeCloseTo(first!.outputSnrDb!, 1);
    expect(last!.aloneSnrDb!).toBeGreaterThan(last!.outputSnrDb! + 0.5);
    expect(outputSnrDb!).toBeLessThan(last!.aloneSnrDb!);
  });

  it('gives the noise of its own to the layer that is narrow', async () => {
    const model = convNet({ size: 16 });
    const [, second] = model.graph!.node.filter(({ opType }) => opType === 'Conv');
    second!.name = 'narrow';
    const { layers, verdict } = await report(model, { minProducts: 0, layerBits: { narrow: 2 } });
    const [, narrow, after] = layers;
    expect(narrow!.aloneSnrDb!).toBeLessThan(15);
    expect(after!.aloneSnrDb!).toBeGreaterThan(30);
    expect(after!.outputSnrDb!).toBeLessThan(20);
    expect(verdict).toMatch(/^most noise of their own: narrow \(2 bits/);
  });

  it('warns when the outputs are poor', async () => {
    const b = new GraphBuilder();
    b.input('x', ['n', 1, 16, 16]);
    // The difference of two nearly equal products: 8 bits of each leave little of it.
    const weight = (offset: number) =>
      b.float(
        Float32Array.from({ length: 256 * 4 }, (_, i) => Math.sin(i) + offset * Math.cos(3 * i)),
        [256, 4],
      );
    const flat = b.op('Flatten', ['x']);
    b.op(
      'Sub',
      [b.op('MatMul', [flat, weight(0)]), b.op('MatMul', [flat, weight(1e-3)])],
      {},
      { outputs: [b.output('y', ['n', 4])] },
    );
    const { warnings, outputSnrDb } = await report(b.build());
    expect(outputSnrDb!).toBeLessThan(10);
    expect(warnings).toContainEqual(expect.stringMatching(/^POOR OUTPUTS: .*noisiest outputs/));
  });
});

describe('a weight that is computed from constants', () => {
  it('is folded and quantized, and preflight knows', async () => {
    const b = new GraphBuilder();
    b.input('x', ['n', 1, 16, 16]);
    const transposed = b.op(
      'Transpose',
      [
        b.float(
          Float32Array.from({ length: 256 * 8 }, (_, i) => Math.sin(i)),
          [8, 256],
        ),
      ],
      { perm: [1, 0] },
    );
    b.op('MatMul', [b.op('Flatten', ['x']), transposed], {}, { outputs: [b.output('y', ['n', 8])] });
    const model = b.build();
    expect(quantizePass.preflight(model, QuantizeOptions.parse({}))).toEqual([]);
    const { layers, skipped } = await report(model);
    expect(skipped).toEqual([]);
    expect(layers).toEqual([expect.objectContaining({ opType: 'MatMul', bits: 8 })]);
  });
});
