import { DistillOptions, type FeatureOptions } from '#contracts';
import { GraphBuilder, readModel, writeModel } from '#onnx';
import { randomNumbers } from '#testing';
import { distillPass } from './distill.js';
import { Points } from '../../distillation/points.fixture.js';

/** Eight inputs as a picture of [2, 2, 2], a convolution of `channels`, a Relu `hidden`, logits of four classes. */
function net(channels: number, seed: number): Uint8Array {
  const random = randomNumbers(seed);
  const b = new GraphBuilder();
  const weight = (dims: readonly number[]) =>
    b.float(
      Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => random() * 1.4 - 0.7),
      dims,
    );
  const picture = b.op('Reshape', [b.input('x', ['n', 8]), b.ints([-1, 2, 2, 2])]);
  const hidden = b.op(
    'Relu',
    [b.op('Conv', [picture, weight([channels, 2, 3, 3])], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })],
    {},
    { outputs: ['hidden'] },
  );
  const flat = b.op('Flatten', [hidden], {}, { outputs: ['flat'] });
  b.output(b.op('Gemm', [flat, weight([channels * 4, 4])], {}, { outputs: ['y'] }), ['n', 4]);
  return writeModel(b.build());
}

describe('distill with features', () => {
  const teacher = net(12, 1);
  const student = net(6, 2);
  let points: Points;

  beforeAll(async () => {
    points = await Points.create();
  });
  afterAll(() => points.remove());

  async function run(features: Partial<FeatureOptions>[], options: object = {}) {
    const lossAt: number[] = [];
    const context = points.context(student, {
      baseline: teacher,
      progress: (_, __, { featureLoss } = {}) => {
        if (featureLoss !== undefined) lossAt.push(featureLoss);
      },
    });
    const { model } = await distillPass.run(
      context,
      DistillOptions.parse({ epochs: 15, batchSize: 16, learningRate: 0.01, features, ...options }),
    );
    return { model: model!, lossAt };
  }

  it.each([
    ['fitnet', 'hidden', 0.4],
    ['fitnet', 'flat', 0.4],
    ['attention', 'hidden', 0.6],
  ] as const)('lowers the %s loss between values of other widths (%s)', async (kind, value, share) => {
    const { lossAt } = await run([{ teacher: value, student: value, kind, weight: 10 }], { alpha: 1, epochs: 30 });
    expect(lossAt.at(-1)).toBeLessThan(share * lossAt[0]!);
  });

  it('writes the student as it was but for its weights: no adapter stays', async () => {
    const { model } = await run([{ teacher: 'hidden', student: 'hidden' }], { epochs: 1 });
    expect(model.graph!.node.map(({ opType }) => opType)).toEqual(['Reshape', 'Conv', 'Relu', 'Flatten', 'Gemm']);
    expect(model.graph!.initializer).toHaveLength(3);
  });

  it('lowers the loss on made-up samples too', async () => {
    const { lossAt } = await run([{ teacher: 'hidden', student: 'hidden' }], {
      method: 'generative',
      generator: { low: -3, high: 3, learningRate: 0.01, generatedBatchesPerEpoch: 10 },
    });
    expect(lossAt.at(-1)).toBeLessThan(0.5 * lossAt[0]!);
  });

  it.each([
    [{ teacher: 'hiden', student: 'hidden' }, /the teacher's graph has no value "hiden": the nearest are "hidden"/],
    [
      { teacher: 'hidden', student: 'hide' },
      /the student's training graph has no value "hide": the nearest are "hidden"/,
    ],
    [
      { teacher: 'hidden', student: 'flat' },
      /feature "flat" of the student is \[16,24\], "hidden" of the teacher is \[16,12,2,2\]/,
    ],
    [{ teacher: 'flat', student: 'flat', kind: 'attention' as const }, /attention needs values \[N, C, H, W\]/],
  ])('refuses %j by name', async (feature, message) => {
    await expect(run([feature])).rejects.toThrow(message);
  });

  describe('knows before the run', () => {
    const ID = 'a'.repeat(64);
    const [own, stored] = [readModel(net(12, 1)), readModel(net(6, 2))];
    const options = (given: object, feature = { teacher: 'hiden', student: 'hidden' }) =>
      DistillOptions.parse({ features: [feature], ...given });
    const fields = (given: object, feature?: { teacher: string; student: string }) =>
      distillPass.obstacles!(own, options(given, feature), new Map([[ID, stored]])).map(({ field }) => field);
    const MISNAMED = { teacher: 'hidden', student: 'hiden' };

    it('that the original or a model of the store has no such value', () => {
      expect(fields({})).toEqual(['features[0].teacher']);
      expect(fields({ teacher: { model: ID } })).toEqual(['features[0].teacher']);
      expect(fields({ student: { model: ID } }, MISNAMED)).toEqual(['features[0].student']);
      expect(fields({ student: { width: 0.5 } }, MISNAMED)).toEqual(['features[0].student']);
      expect(fields({ student: { model: ID } }, { teacher: 'hidden', student: 'flat' })).toEqual([]);
    });

    it("that the stage's input has none, where it is the job's model", () => {
      expect(fields({}, MISNAMED)).toEqual([]);
      expect(() => distillPass.preflight(own, options({}, MISNAMED))).toThrow(
        expect.objectContaining({
          option: 'features[0].student',
          message: expect.stringContaining('nearest are "hidden"') as unknown,
        }) as Error,
      );
      expect(() => distillPass.preflight(own, options({ teacher: 'previous' }))).toThrow(
        expect.objectContaining({ option: 'features[0].teacher' }) as Error,
      );
      expect(distillPass.preflight(own, options({}))).toEqual([]);
    });
  });
});
