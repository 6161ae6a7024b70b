import { QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import { cloneModel, GraphBuilder, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { quantizeModel } from '../schemes/quantize-model.js';

const random = randomNumbers(21);
const noise = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);
/** Inputs with a mean: rounding errors of the weights then add up to a shift of the output. */
const images = (): HostTensors => ({
  x: float32(
    [8, 4, 6, 6],
    Float32Array.from({ length: 8 * 144 }, () => 0.5 + random()),
  ),
});
const batches = [images(), images()];

/** A layer of each kind with eight outputs per sample. */
const LAYERS: Record<string, (b: GraphBuilder, x: string) => string> = {
  'Conv without a bias': (b, x) =>
    b.op('Flatten', [b.op('GlobalAveragePool', [b.op('Conv', [x, b.float(noise(8 * 36), [8, 4, 3, 3])])])]),
  'grouped Conv': (b, x) =>
    b.op('Flatten', [
      b.op('GlobalAveragePool', [
        b.op('Conv', [x, b.float(noise(8 * 18), [8, 2, 3, 3]), b.float(noise(8))], { group: 2 }),
      ]),
    ]),
  Gemm: (b, x) =>
    b.op('Relu', [
      b.op('Gemm', [b.op('Flatten', [x]), b.float(noise(8 * 144), [8, 144]), b.float(noise(8))], { transB: 1 }),
    ]),
  'MatMul -> Add': (b, x) =>
    b.op('Add', [b.float(noise(8)), b.op('MatMul', [b.op('Flatten', [x]), b.float(noise(8 * 144), [144, 8])])]),
};

function net(kind: string): ModelProto {
  const b = new GraphBuilder();
  b.output(LAYERS[kind]!(b, b.input('x', ['n', 4, 6, 6])));
  return b.build();
}

async function means(model: ModelProto): Promise<Float64Array> {
  const session = await Session.create(writeModel(model));
  const sums = new Float64Array(8);
  for (const batch of batches)
    (Object.values(await session.run(batch))[0]!.data as Float32Array).forEach(
      (value, i) => (sums[i % 8]! += value / 16),
    );
  await session.release();
  return sums;
}

async function meanShift(float: ModelProto, given: Partial<QuantizeOptions>): Promise<number> {
  const model = cloneModel(float);
  await quantizeModel(model, QuantizeOptions.parse(given), () => () => batches, { threads: 1, seed: 0 });
  const [exact, changed] = [await means(float), await means(model)];
  return Math.sqrt(exact.reduce((sum, value, i) => sum + (value - changed[i]!) ** 2, 0));
}

describe('biasCorrection', () => {
  it.each(Object.keys(LAYERS))(
    'takes most of the shift from the mean output of a %s, in schemes static and weightOnly',
    async (kind) => {
      const float = net(kind);
      for (const scheme of ['static', 'weightOnly'] as const) {
        const [plain, corrected] = [
          await meanShift(float, { scheme, weightBits: 3 }),
          await meanShift(float, { scheme, weightBits: 3, biasCorrection: true }),
        ];
        expect(corrected).toBeLessThan(0.35 * plain);
      }
    },
  );

  it.each([
    { scheme: 'dynamic', perChannel: false },
    { scheme: 'weightOnly', target: 'onnxruntime', weightBits: 4 },
  ] as const)('reaches the bias of a Gemm that becomes another operator under %j', async (given) => {
    const float = net('Gemm');
    expect(await meanShift(float, { ...given, biasCorrection: true })).toBeLessThan(
      0.5 * (await meanShift(float, given)),
    );
  });

  it('names the layers that have no bias to move', async () => {
    const b = new GraphBuilder();
    b.output(b.op('MatMul', [b.op('Flatten', [b.input('x', ['n', 4, 6, 6])]), b.float(noise(8 * 144), [144, 8])]));
    const { skipped } = await quantizeModel(
      b.build(),
      QuantizeOptions.parse({ biasCorrection: true }),
      () => () => batches,
      { threads: 1, seed: 0 },
    );
    expect(skipped).toEqual([
      expect.objectContaining({
        opType: 'MatMul',
        reason: 'its bias is not corrected: it has none, and no Add of a constant follows',
      }),
    ]);
  });

  it('needs data in schemes that need none otherwise', async () => {
    await expect(
      quantizeModel(net('Gemm'), QuantizeOptions.parse({ scheme: 'weightOnly', biasCorrection: true }), null, {
        threads: 1,
        seed: 0,
      }),
    ).rejects.toMatchObject({ code: 'calibration_data' });
  });
});
