import { DistillOptions, TrainOptions } from '#contracts';
import { Session, float32 } from '#inference';
import { Graph, GraphBuilder, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { ArrayData } from '../../training/batches/arrays.fixture.js';
import { distillPass } from '../distill/distill.js';
import { trainPass } from './train.js';

const [SAMPLES, STEPS, WIDTH, HIDDEN] = [256, 10, 2, 8];
const random = randomNumbers(23);
const numbers = (count: number) => Float32Array.from({ length: count }, () => random() * 2 - 1);

/** Told by the signs of the first step and of the last: a layer has to carry the one to the other. */
const x = numbers(SAMPLES * STEPS * WIDTH);
const sign = (sample: number, step: number) => Number(x[(sample * STEPS + step) * WIDTH]! > 0);
const labels = Array.from({ length: SAMPLES }, (_, i) => 2 * sign(i, 0) + sign(i, STEPS - 1));

const weight = (b: GraphBuilder, ...dims: number[]) =>
  b.float(
    numbers(dims.reduce((product, dim) => product * dim, 1)).map((value) => value * 0.4),
    dims,
  );

const classes = (b: GraphBuilder, features: string, count: number) =>
  b.output(b.op('Gemm', [features, weight(b, count, 4), weight(b, 4)], {}, { outputs: ['logits'] }), ['n', 4]);

/** [N, T, F] -> [T, N, F] -> a recurrent layer, whose last state alone is read -> classes. */
function recurrent(opType: 'LSTM' | 'GRU' | 'RNN', direction: 'forward' | 'bidirectional'): Uint8Array {
  const b = new GraphBuilder();
  const directions = direction === 'forward' ? 1 : 2;
  const gates = { LSTM: 4, GRU: 3, RNN: 1 }[opType];
  const turned = b.op('Transpose', [b.input('x', ['n', STEPS, WIDTH])], { perm: [1, 0, 2] });
  const [w, r] = [WIDTH, HIDDEN].map((width) => weight(b, directions, gates * HIDDEN, width)) as [string, string];
  const inputs = [turned, w, r, weight(b, directions, 2 * gates * HIDDEN)];
  b.op(opType, inputs, { hidden_size: HIDDEN, direction }, { outputs: ['', 'last'] });
  const row = b.op('Transpose', ['last'], { perm: [1, 0, 2] });
  classes(b, b.op('Reshape', [row, b.ints([-1, directions * HIDDEN])]), directions * HIDDEN);
  return writeModel(b.build());
}

/** The four strongest of sixteen features, in order, tell the class; an output beside it has no gradient rule. */
function strongest(): Uint8Array {
  const b = new GraphBuilder();
  const flat = b.op('Flatten', [b.input('x', ['n', STEPS, WIDTH])]);
  const features = b.op('Gemm', [flat, weight(b, STEPS * WIDTH, 16), weight(b, 16)]);
  const [values = ''] = b.ops('TopK', 2, [features, b.ints([4])], { axis: -1 });
  classes(b, values, 4);
  const square = b.op('Reshape', [features, b.ints([-1, 4, 4])]);
  b.output(b.op('Det', [square], {}, { outputs: ['volume'] }), ['n']);
  return writeModel(b.build());
}

async function share(model: ModelProto): Promise<number> {
  const session = await Session.create(writeModel(model));
  const { logits } = await session.run({ x: float32([SAMPLES, STEPS, WIDTH], x) }, ['logits']);
  await session.release();
  const row = (i: number) => [...(logits!.data as Float32Array).subarray(4 * i, 4 * i + 4)];
  return labels.filter((label, i) => row(i).indexOf(Math.max(...row(i))) === label).length / SAMPLES;
}

describe('train', () => {
  let data: ArrayData;
  beforeAll(async () => {
    data = await ArrayData.create({
      x: { dtype: 'f4', dims: [SAMPLES, STEPS, WIDTH], data: x },
      y: { dtype: 'i8', dims: [SAMPLES], data: BigInt64Array.from(labels, BigInt) },
    });
  });
  afterAll(() => data.remove());

  const OPTIONS = { batchSize: 32, learningRate: 0.02, initialWeights: 'glorot' };

  it.each<['LSTM' | 'GRU' | 'RNN', 'forward' | 'bidirectional']>([
    ['LSTM', 'forward'],
    ['LSTM', 'bidirectional'],
    ['GRU', 'bidirectional'],
    ['RNN', 'bidirectional'],
  ])('teaches a net of %s, %s, what it has to remember', async (opType, direction) => {
    const net = recurrent(opType, direction);
    const options = TrainOptions.parse({ ...OPTIONS, epochs: 25 });
    expect(trainPass.obstacles!(new Graph(data.context(net).model).model, options, new Map())).toEqual([]);
    const { model, summary } = await trainPass.run(data.context(net), options);
    expect((summary['weights'] as { left: unknown[] }).left).toEqual([]);
    // Chance is a quarter.
    expect(await share(model!)).toBeGreaterThan(0.7);
  });

  it('goes back through the strongest of some features, and past an output that nothing of the loss depends on', async () => {
    const options = TrainOptions.parse({ ...OPTIONS, epochs: 25 });
    const context = data.context(strongest());
    expect(trainPass.obstacles!(context.model, options, new Map())).toEqual([]);
    expect(await trainPass.trial!(context.model, options, { models: new Map(), data: null })).not.toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('Det') }),
    );
    const { model } = await trainPass.run(context, options);
    expect(await share(model!)).toBeGreaterThan(0.5);
  });

  it('is followed by distill, which says what output it leaves out', async () => {
    const { model, summary } = await distillPass.run(
      data.context(strongest()),
      DistillOptions.parse({ epochs: 1, batchSize: 32, learningRate: 1e-4 }),
    );
    expect(summary['warnings']).toContainEqual(expect.stringMatching(/output "volume" is left out of the loss/));
    expect(new Graph(model!).outputs.map(({ name }) => name)).toEqual(['logits', 'volume']);
  });
});
