import { Session, float32, type HostTensors } from '#inference';
import { Graph, GraphBuilder, cloneModel, tensorToFloats, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { estimateStatistics, useBatchStatistics } from './batch-statistics.js';

const random = randomNumbers(4);
const uniform = (count: number, low: number, high: number) => Float32Array.from({ length: count }, () => low + (high - low) * random());

/** Two convolutions, each with a batch normalization whose statistics are those of something else. */
function net(): ModelProto {
  const b = new GraphBuilder();
  const conv = (x: string, from: number, to: number) => b.op('Conv', [x, b.float(uniform(to * from * 9, -1, 1), [to, from, 3, 3]), b.float(uniform(to, -1, 1))], { kernel_shape: [3, 3] });
  const normal = (x: string, name: string, channels: number) => b.op('BatchNormalization', [x, b.float(uniform(channels, 0.5, 1.5)), b.float(uniform(channels, -1, 1)), b.float(uniform(channels, 5, 6)), b.float(uniform(channels, 8, 9))], {}, { outputs: [name] });
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

  it('takes the mean over batches', async () => {
    const model = net();
    const alone = cloneModel(model);
    const shifted = { x: float32(batch.x.dims, batch.x.data.map((value) => value * 2) as Float32Array) };
    const means = async (target: ModelProto, ...batches: HostTensors[]) => {
      await estimateStatistics(target, once(...batches), 1);
      const graph = new Graph(target);
      return tensorToFloats(graph.initializer(graph.producer('first')!.input[3]!)!);
    };
    const [both, first, second] = [await means(model, batch, shifted), await means(alone, batch), await means(alone, shifted)];
    both.forEach((value, i) => expect(value).toBeCloseTo((first[i]! + second[i]!) / 2, 4));
  });

  it('leaves a net without batch normalization, and one that saw no batch, as it is', async () => {
    const model = net();
    const before = writeModel(model);
    await estimateStatistics(model, once(), 1);
    expect(Buffer.compare(writeModel(model), before)).toBe(0);
  });
});
