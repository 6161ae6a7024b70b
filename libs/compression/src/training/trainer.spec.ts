import { buildGradientStep, lossOf, meanSquaredError } from '#autodiff';
import { float32 } from '#inference';
import { DataType, Graph, GraphBuilder } from '#onnx';
import { Trainer } from './trainer.js';
import { sgd } from './update/optimizer.js';

/** y = x · scale + shift, one number each, against 0. */
async function trainer(averaging?: number): Promise<Trainer> {
  const b = new GraphBuilder();
  b.input('x', [1]);
  for (const [name, value] of [
    ['scale', 1],
    ['shift', 0],
  ] as const)
    b.op('Identity', [b.float([value], [1])], {}, { outputs: [name] });
  b.output(b.op('Add', [b.op('Mul', ['x', 'scale']), 'shift'], {}, { outputs: ['y'] }), [1]);
  const model = b.build();
  const names = ['scale', 'shift'];
  const graph = new Graph(model);
  for (const name of names) graph.removeNode(graph.producer(name)!);
  const step = buildGradientStep({
    graph,
    shapes: new Map(
      ['x', 'y', 'scale', 'shift', ...graph.nodes.flatMap(({ output }) => output)].map((name) => [name, [1]]),
    ),
    parameters: names,
    extraInputs: [{ name: 'target', dims: [1], type: DataType.FLOAT }],
    loss: (l) => lossOf(meanSquaredError(l.value('y'), l.given('target'))),
  });
  const weights = step.layout.pack(new Map(names.map((name, i) => [name, [1 - i]])));
  return Trainer.create(step, { weights, optimizer: sgd(), averaging }, 1);
}

/** Scale and shift. */
const numbers = ({ layout }: Trainer, vector: Float32Array) =>
  [...layout.unpack(vector).values()].flatMap((values) => [...values]);

const batch = (x: number) => ({ x: float32([1], [x]), target: float32([1], [0]) });

describe('a step', () => {
  it('that leaves a weight infinite is refused by step and name, though its loss is finite, and leaves the state as it was', async () => {
    const training = await trainer();
    await training.run(batch(1), 0.25);
    const before = [...training.weights];
    await expect(training.run(batch(1e19), 3e38)).rejects.toMatchObject({
      code: 'training_diverged',
      step: 1,
      message: expect.stringMatching(/the weight "scale" is not finite at step 1/),
    });
    expect([...training.weights]).toEqual(before);
  });

  it('whose loss is not finite is refused', async () => {
    await expect((await trainer()).run(batch(NaN), 0.1)).rejects.toMatchObject({
      code: 'training_diverged',
      message: expect.stringMatching(/the loss is not finite at step 0/),
    });
  });
});

describe('the moving average of the weights', () => {
  it('follows the first steps of a run at min(decay, (1 + t) / (10 + t)), whatever the decay of a long one', async () => {
    const training = await trainer(0.999);
    let average = [1, 0];
    for (let t = 0; t < 5; t++) {
      await training.run(batch(1), 0.05);
      const d = (1 + t) / (10 + t);
      const current = numbers(training, training.currentWeights);
      average = average.map((value, i) => d * value + (1 - d) * current[i]!);
    }
    numbers(training, training.weights).forEach((value, i) => expect(value).toBeCloseTo(average[i]!, 5));
    expect(training.currentWeights[0]).not.toBeCloseTo(average[0]!, 2);
  });

  it('has the decay that was asked for once the run is long enough', async () => {
    const training = await trainer(0.5);
    for (let t = 0; t < 30; t++) await training.run(batch(1), 0.01);
    const before = numbers(training, training.weights);
    await training.run(batch(1), 0.01);
    const current = numbers(training, training.currentWeights);
    numbers(training, training.weights).forEach((value, i) =>
      expect(value).toBeCloseTo(0.5 * before[i]! + 0.5 * current[i]!, 6),
    );
  });
});
