import { Session, float32, type HostTensors } from '#inference';
import { Graph, GraphBuilder, cloneModel, tensorToFloats, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { estimateStatistics, useBatchStatistics } from './batch-statistics.js';

const random = randomNumbers(4);
const uniform = (count: number, low: number, high: number) =>
  Float32Array.from({ length: count }, () => low + (high - low) * random());

/** Two convolutions, each with a batch normalization whose statistics are those of something else. */
function net(): ModelProto {
  const b = new GraphBuilder();
  const conv = (x: string, from: number, to: number) =>
    b.op('Conv', [x, b.float(uniform(to * from * 9, -1, 1), [to, from, 3, 3]), b.float(uniform(to, -1, 1))], {
      kernel_shape: [3, 3],
    });
  const normal = (x: string, name: string, channels: number) =>
    b.op(
      'BatchNormalization',
      [
        x,
        b.float(uniform(channels, 0.5, 1.5)),
        b.float(uniform(channels, -1, 1)),
        b.float(uniform(channels, 5, 6)),
        b.float(uniform(channels, 8, 9)),
      ],
      {},
      { outputs: [name] },
    );
  const first = b.op('Relu', [normal(conv(b.input('x', ['n', 2, 8, 8]), 2, 4), 'first', 4)]);
  b.output(b.op('Relu', [normal(conv(first, 4, 3), 'second', 3)], {}, { outputs: ['y'] }), ['n', 3, 4, 4]);
  return b.build();
}

const batch = { x: float32([16, 2, 8, 8], uniform(16 * 128, -2, 3)) };

async function* once(...batches: HostTensors[]) {
  yield* batches;
}

async function outputOf(model: ModelProto): Promise<Float32Array> {
  const session = await Session.create(writeModel(model));
  const { y } = await session.run(batch);
  await session.release();
  return y!.data as Float32Array;
}

describe('estimateStatistics', () => {
  it('makes the net answer a batch as it does when it normalizes by that batch', async () => {
    const trained = net();
    const estimated = cloneModel(trained);
    expect(useBatchStatistics(new Graph(trained))).toBe(2);
    const expected = await outputOf(trained);
    expect(await estimateStatistics(estimated, once(batch), 1)).toBe(2);
    const reached = await outputOf(estimated);
    reached.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  });

  /** A normalization of numbers alone, so that a batch of n has n values of a channel. */
  function plain(): ModelProto {
    const b = new GraphBuilder();
    b.output(
      b.op(
        'BatchNormalization',
        [b.input('x', ['n', 2]), ...[1, 0, 5, 9].map((value) => b.float([value, value]))],
        {},
        { outputs: ['y'] },
      ),
      ['n', 2],
    );
    return b.build();
  }

  async function statistics(batches: Float32Array[]): Promise<Float32Array[]> {
    const model = plain();
    await estimateStatistics(model, once(...batches.map((data) => ({ x: float32([data.length / 2, 2], data) }))), 1);
    const { input } = new Graph(model).producer('y')!;
    return [3, 4].map((index) => tensorToFloats(new Graph(model).initializer(input[index]!)!));
  }

  it.each([1, 2, 4, 100])('gives mean and variance of all samples, however small the batches: %i', async (size) => {
    const all = uniform(400, -2, 3).map((value, i) => (i % 2 ? 4 * value + 100 : value));
    const [means, variances] = await statistics(
      Array.from({ length: 200 / size }, (_, i) => all.slice(i * size * 2, (i + 1) * size * 2)),
    );
    [0, 1].forEach((channel) => {
      const values = all.filter((_, i) => i % 2 === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / 200;
      expect(means![channel]! / mean).toBeCloseTo(1, 3);
      expect(variances![channel]! / (values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 200)).toBeCloseTo(
        1,
        3,
      );
    });
  });

  it('counts samples, not batches', async () => {
    const [means] = await statistics([new Float32Array(12).fill(1), new Float32Array(2).fill(8)]);
    expect(means![0]).toBeCloseTo(2, 5);
  });

  it('reads as many small batches as hold some thousands of samples', async () => {
    const [means] = await statistics(Array.from({ length: 400 }, (_, i) => new Float32Array(8).fill(i < 200 ? 0 : 1)));
    expect(means![0]).toBeCloseTo(0.5, 5);
  });

  it('leaves a net without batch normalization, and one that saw no batch, as it is', async () => {
    const model = net();
    const before = writeModel(model);
    await estimateStatistics(model, once(), 1);
    expect(Buffer.compare(writeModel(model), before)).toBe(0);
  });
});
