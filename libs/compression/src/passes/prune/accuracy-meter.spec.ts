import { GraphBuilder, writeModel, type ModelProto } from '#onnx';
import { Points } from '../../distillation/points.fixture.js';
import { AccuracyMeter } from './accuracy-meter.js';

describe('how much accuracy a model loses', () => {
  let points: Points;
  beforeAll(async () => {
    points = await Points.create({ splits: { calibration: { file: 'data.npz' } } });
  });
  afterAll(() => points.remove());

  /** Four scores: those of the two signs that tell a point's class, or one class for all. */
  function scores(batch: number | string, isRight: boolean): ModelProto {
    const b = new GraphBuilder();
    const weights = new Float32Array(32);
    if (isRight) weights.set([-1, -1, 1, 1, -1, 1, -1, 1]);
    b.output(b.op('Gemm', [b.input('x', [batch, 8]), b.float(weights, [8, 4])]), [batch, 4]);
    return b.build();
  }

  it.each(['n', 1, 5])('is told for batches of %p: by whole ones where the model fixes them', async (batch) => {
    const { data } = points.context(writeModel(scores('n', true)));
    const judge = await AccuracyMeter.create('maxDrop', scores(batch, true), data, { samples: 40, threads: 1 });
    expect(await judge.dropOf(scores(batch, true))).toBe(0);
    const labels = (await data!.labels('calibration'))!.subarray(0, 40);
    expect(await judge.dropOf(scores(batch, false))).toBeCloseTo(
      1 - labels.filter((label) => label === 0).length / 40,
      5,
    );
    await judge.release();
  });
});
