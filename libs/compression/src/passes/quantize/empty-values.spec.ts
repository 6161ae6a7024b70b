import { QuantizeOptions } from '#contracts';
import { float32, type HostTensors } from '#inference';
import { GraphBuilder, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';

const noise = (count: number, seed: number, size = 1) => {
  const random = randomNumbers(seed);
  return Float32Array.from({ length: count }, () => size * (random() + random() + random() - 1.5));
};
const images = (): HostTensors[] => [1, 2, 3, 4].map((seed) => ({ x: float32([2, 4, 4, 8], noise(256, seed)) }));

/** Conv -> nothing of it, through a product -> Concat with the Conv -> Relu -> Conv: a branch without elements. */
function emptyBranch(): ModelProto {
  const b = new GraphBuilder('t');
  const first = b.op(
    'Conv',
    [b.input('x', ['n', 4, 4, 8]), b.float(noise(144, 1, 0.3), [4, 4, 3, 3]), b.float(noise(4, 2))],
    { pads: [1, 1, 1, 1] },
  );
  const nothing = b.op('Slice', [first, b.ints([0]), b.ints([0]), b.ints([3])]);
  const product = b.op('MatMul', [b.op('Transpose', [nothing], { perm: [0, 1, 3, 2] }), b.float(noise(16, 3), [4, 4])]);
  const joined = b.op('Relu', [
    b.op('Concat', [b.op('Transpose', [product], { perm: [0, 1, 3, 2] }), first], { axis: 3 }),
  ]);
  b.op(
    'Conv',
    [joined, b.float(noise(144, 4, 0.3), [4, 4, 3, 3]), b.float(noise(4, 5))],
    { pads: [1, 1, 1, 1] },
    { outputs: [b.output('y', ['n', 4, 4, 8])] },
  );
  return b.build();
}

describe('a value without elements', () => {
  it.each<Partial<QuantizeOptions>>([
    {},
    { calibration: 'minmax' },
    { rounding: 'gptq' },
    { rounding: 'adaround', iterations: 5 },
    { biasCorrection: true },
    { smoothing: 0.5, equalize: true },
    { scheme: 'dynamic' },
    { scheme: 'weightOnly', biasCorrection: true },
  ])('says nothing of its grid, and keeps nothing from running: %j', async (given) => {
    const { layers, outputSnrDb, warnings } = await quantizeModel(
      emptyBranch(),
      QuantizeOptions.parse({ minProducts: 0, ...given }),
      () => images,
      { threads: 1, seed: 0 },
    );
    expect(layers).toHaveLength(given.scheme === 'dynamic' ? 1 : 3);
    expect(outputSnrDb ?? Infinity).toBeGreaterThan(25);
    expect(warnings.join()).not.toMatch(/POOR|not compared/);
  });
});
