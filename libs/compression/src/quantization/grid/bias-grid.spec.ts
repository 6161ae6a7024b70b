import { QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import { Float, GraphBuilder, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { snrDb } from './arithmetic.js';
import { planQuantization } from '../schemes/plan-quantization.js';
import { quantizeModel } from '../schemes/quantize-model.js';

const noise = (count: number, seed: number, size = 1) => {
  const random = randomNumbers(seed);
  return Float32Array.from({ length: count }, () => size * (random() + random() + random() - 1.5));
};
const images = (seed: number, size = 1): HostTensors => ({ x: float32([4, 4, 8, 8], noise(4 * 256, seed, size)) });
const rows = (seed: number): HostTensors => ({ x: float32([8, 16], noise(128, seed)) });

type Net = (b: GraphBuilder) => void;

function built(net: Net): ModelProto {
  const b = new GraphBuilder('t');
  net(b);
  return b.build();
}

async function answers(
  model: Uint8Array,
  feeds: HostTensors,
  optimization: 'all' | 'disabled',
): Promise<Record<string, Float32Array>> {
  const session = await Session.create(model, { optimization, threads: 1 });
  try {
    return Object.fromEntries(
      Object.entries(await session.run(feeds)).map(([name, { data }]) => [name, data as Float32Array]),
    );
  } finally {
    await session.release();
  }
}

/** SNR of output y against the float model, as the runtime runs the quantized file and as the file is meant, dB. */
async function compared(net: Net, feeds: (seed: number) => HostTensors, given: Partial<QuantizeOptions> = {}) {
  const float = writeModel(built(net));
  const model = readModel(float);
  const options = QuantizeOptions.parse({ minProducts: 0, ...given });
  const report = await quantizeModel(model, options, () => () => [feeds(1), feeds(2), feeds(3), feeds(4)], {
    threads: 1,
    seed: 0,
  });
  const { y: exact } = await answers(float, feeds(1), 'all');
  const snr = async (optimization: 'all' | 'disabled') =>
    snrDb(exact ?? [], (await answers(writeModel(model), feeds(1), optimization))['y'] ?? []) ?? Infinity;
  return { fused: await snr('all'), meant: await snr('disabled'), report, model };
}

/** Two layers that read one weight and one bias, the second at a millionth of the first's input. */
const sharedWeight =
  (isReversed: boolean): Net =>
  (b) => {
    const [w, bias] = [b.float(noise(144, 5, 0.02), [4, 4, 3, 3]), b.float([5, -4.5, 3, -6])];
    const x = b.input('x', ['n', 4, 8, 8]);
    const large = () => b.op('Conv', [x, w, bias], { pads: [1, 1, 1, 1] });
    const small = () => b.op('Conv', [b.op('Mul', [x, b.float(1e-6)]), w, bias], { pads: [1, 1, 1, 1] });
    const parts = isReversed ? [small(), large()].toReversed() : [large(), small()];
    b.op('Concat', parts, { axis: 1 }, { outputs: [b.output('y', ['n', 8, 8, 8])] });
  };

/** A layer behind a Relu that lets nothing pass, whose bias is all that it gives. */
const deadInput: Net = (b) => {
  const dead = b.op('Relu', [
    b.op('Conv', [
      b.input('x', ['n', 4, 8, 8]),
      b.float(noise(288, 1, 0.3), [8, 4, 3, 3]),
      b.float(new Float32Array(8).fill(-100)),
    ]),
  ]);
  const hidden = b.op('Relu', [
    b.op('Conv', [dead, b.float(noise(64, 2, 3), [8, 8, 1, 1]), b.float(noise(8, 3, 0.02).map(Math.abs))]),
  ]);
  b.op(
    'Conv',
    [hidden, b.float(noise(32, 4, 0.3), [4, 8, 1, 1]), b.float(noise(4, 6, 0.001))],
    {},
    { outputs: [b.output('y', ['n', 4, 6, 6])] },
  );
};

/**
 * Biases far above what the weights add; those below zero are cut off by the Relu, so that the others are what counts.
 */
const largeBias =
  (opType: 'Conv' | 'Gemm'): Net =>
  (b) => {
    const bias = b.float([-1e6, 0.3, -0.2, 0.1]);
    const layer =
      opType === 'Conv'
        ? b.op('Conv', [b.input('x', ['n', 4, 8, 8]), b.float(noise(144, 7, 0.02), [4, 4, 3, 3]), bias])
        : b.op('Gemm', [b.input('x', ['n', 16]), b.float(noise(64, 7, 0.05), [16, 4]), bias]);
    const rectified = b.op('Relu', [layer]);
    if (opType === 'Conv')
      b.op('Conv', [rectified, b.float(noise(8, 8), [2, 4, 1, 1])], {}, { outputs: [b.output('y', ['n', 2, 6, 6])] });
    else b.op('Gemm', [rectified, b.float(noise(8, 8), [4, 2])], {}, { outputs: [b.output('y', ['n', 2])] });
  };

/** A channel without weights, whose bias is all that passes the Relu, beside channels of large ones. */
const emptyChannel: Net = (b) => {
  const positive = b.op('Abs', [b.input('x', ['n', 4, 8, 8])]);
  const weight = noise(16, 9, 300).map((value) => -Math.abs(value));
  weight.fill(0, 0, 4);
  const layer = b.op('Relu', [b.op('Conv', [positive, b.float(weight, [4, 4, 1, 1]), b.float([0.01, -1, -2, -3])])]);
  b.op('Conv', [layer, b.float(noise(8, 8), [2, 4, 1, 1])], {}, { outputs: [b.output('y', ['n', 2, 8, 8])] });
};

/** Products of a ten-thousandth beside biases of their size; the bias is a row, twice over. */
const scaledGemm: Net = (b) => {
  const factors = { alpha: new Float(1e-4), beta: new Float(0.5) };
  const layer = b.op('Relu', [
    b.op(
      'Gemm',
      [b.input('x', ['n', 16]), b.float(noise(128, 7, 0.3), [16, 8]), b.float(noise(8, 3, 1e-4), [1, 8])],
      factors,
    ),
  ]);
  b.op('Gemm', [layer, b.float(noise(32, 8), [8, 4]), b.float([1e-5])], {}, { outputs: [b.output('y', ['n', 4])] });
};

describe('the int32 bias of the runtime', () => {
  const cases: [string, Net, (seed: number) => HostTensors, Partial<QuantizeOptions>][] = [
    ['a weight of two layers of different input', sharedWeight(false), images, {}],
    ['the same, the small input first', sharedWeight(true), images, {}],
    ['the same on one scale per tensor', sharedWeight(false), images, { perChannel: false }],
    ['the same with corrected biases', sharedWeight(false), images, { biasCorrection: true }],
    ['an input that is always zero', deadInput, images, {}],
    ['the same in 16 bits', deadInput, images, { activationBits: 16 }],
    ['the same with scales that are powers of two', deadInput, images, { powerOfTwo: true }],
    ['the same on one scale per tensor', deadInput, images, { perChannel: false }],
    ['a Conv whose bias dominates', largeBias('Conv'), images, {}],
    ['the same on one scale per tensor', largeBias('Conv'), images, { perChannel: false }],
    ['the same with scales that are powers of two', largeBias('Conv'), images, { powerOfTwo: true, perChannel: false }],
    ['the same in 16 bits', largeBias('Conv'), images, { activationBits: 16 }],
    [
      'the same with a codebook',
      largeBias('Conv'),
      images,
      { weightBits: 4, weightFormat: 'codebook', perChannel: false },
    ],
    ['a Gemm whose bias dominates', largeBias('Gemm'), rows, {}],
    ['the same on one scale per tensor', largeBias('Gemm'), rows, { perChannel: false }],
    ['a channel without weights', emptyChannel, images, {}],
    ['a Gemm with factors', scaledGemm, rows, {}],
    ['images of a millionth of a millionth', sharedWeight(false), (seed) => images(seed, 1e-12), {}],
    ['images that float32 holds below its normal range', sharedWeight(false), (seed) => images(seed, 1e-39), {}],
  ];

  it.each(cases)('holds what the file means: %s', async (_what, net, feeds, given) => {
    const { fused, meant, report } = await compared(net, feeds, given);
    const isCoarse = given.weightBits === 4;
    expect(fused).toBeGreaterThan(isCoarse ? 12 : 28);
    expect(fused).toBeGreaterThan(meant - 12);
    if (!isCoarse) expect(report.warnings.join()).not.toContain('POOR');
  });

  it('stores a shared weight once where one grid suits all its readers, and says where it takes two', async () => {
    const quantizedWeights = (model: ModelProto) =>
      model.graph?.initializer.filter(({ name }) => name.includes('_quantized')).length;
    const alike: Net = (b) => {
      const [x, w] = [b.input('x', ['n', 4, 8, 8]), b.float(noise(144, 5, 0.02), [4, 4, 3, 3])];
      const parts = [b.float([5, -4.5, 3, -6]), b.float([1, 2, 3, 4])].map((bias) => b.op('Conv', [x, w, bias]));
      b.op('Concat', parts, { axis: 1 }, { outputs: [b.output('y')] });
    };
    const [one, two] = [await compared(alike, images), await compared(sharedWeight(false), images)];
    expect([quantizedWeights(one.model), quantizedWeights(two.model)]).toEqual([1, 2]);
    expect(one.report.skipped).toEqual([]);
    expect(two.report.skipped.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('its weight is stored apart'),
    ]);
  });

  it('finds factors and rows of Gemm written into their constants, and the layers quantized', () => {
    const { layers, skipped } = planQuantization(built(scaledGemm), QuantizeOptions.parse({}));
    expect(skipped).toEqual([]);
    expect(layers.map(({ node }) => node.attribute.map(({ name, f }) => [name, f]))).toEqual([
      [
        ['alpha', 1],
        ['beta', 1],
      ],
      [],
    ]);
  });
});
