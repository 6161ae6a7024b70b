import { buildGradientStep } from '#autodiff';
import type { FeatureOptions, OutputKind } from '#contracts';
import { float32 } from '#inference';
import { Graph, GraphBuilder } from '#onnx';
import { randomNumbers } from '#testing';
import { observeTrainingShapes } from '../../training/observe.js';
import { trainingForm } from '../../training/form/training-form.js';
import { Trainer } from '../../training/trainer.js';
import { adam } from '../../training/update/optimizer.js';
import { imitation } from '../../distillation/imitation.js';

const [BATCH, INNER, CHANNELS] = [12, 6, 4];
const random = randomNumbers(9);
const X = float32(
  [BATCH, INNER],
  Float32Array.from({ length: BATCH * INNER }, () => random() - 0.5),
);

/** Answers whose power is not the same from sample to sample: quiet ones first, loud ones last. */
const answer = (size: number) =>
  float32(
    [BATCH, size, 1, 1],
    Float32Array.from({ length: BATCH * size }, (_, i) => (random() - 0.5) * (1 + Math.floor(i / size)) ** 2),
  );
const ANSWERS = { y: answer(3), hidden: answer(CHANNELS) };

function net(): Graph {
  const b = new GraphBuilder();
  const weights = randomNumbers(4);
  const layer = (x: string, from: number, to: number, output: string) =>
    b.op(
      'Conv',
      [
        x,
        b.float(
          Float32Array.from({ length: from * to }, () => weights() - 0.5),
          [to, from, 1, 1],
        ),
      ],
      {},
      { outputs: [output] },
    );
  const picture = b.op('Reshape', [b.input('x', ['n', INNER]), b.ints([-1, INNER, 1, 1])]);
  b.output(layer(b.op('Tanh', [layer(picture, INNER, CHANNELS, 'hidden')]), CHANNELS, 3, 'y'), ['n', 3, 1, 1]);
  return new Graph(b.build());
}

/** Losses of three steps and the weights after them, the batch whole or in parts. */
async function trained(kind: OutputKind, feature: FeatureOptions['kind'], parts: number) {
  const { graph, trainables } = trainingForm(net());
  const samples = BATCH / parts;
  const dims = { y: [samples, 3, 1, 1], hidden: [samples, CHANNELS, 1, 1] };
  const target = { output: 'y', answer: 'y', dims: dims.y, kind, logits: 'y', isProbability: false };
  const hidden = {
    value: 'hidden',
    answer: 'hidden',
    dims: dims.hidden,
    answerDims: dims.hidden,
    kind: feature,
    weight: 0.7,
  };
  const objective = imitation([target], false, { temperature: 1, alpha: 1, labelSmoothing: 0 }, [hidden]);
  const request = {
    graph,
    shapes: await observeTrainingShapes(graph, {
      x: float32([samples, INNER], X.data.slice(0, samples * INNER) as Float32Array),
    }),
    parameters: trainables.map(({ name }) => name),
    extraInputs: objective.extraInputs,
    loss: objective.write,
  };
  const step = buildGradientStep(request);
  const weights = step.layout.pack(new Map(trainables.map(({ name, values }) => [name, values])));
  const start = { weights, optimizer: adam() };
  const trainer =
    parts > 1
      ? await Trainer.divided(step, start, { parts, sessions: 1, threads: 1 })
      : await Trainer.create(step, start, 1);
  const losses: number[] = [];
  for (let i = 0; i < 3; i++)
    losses.push(
      (await trainer.run({ x: X, ...objective.feeds({ inputs: {}, targets: ANSWERS, labels: null }) }, 0.02))['loss']!,
    );
  const trained = [...trainer.weights];
  await trainer.release();
  return { losses, weights: trained };
}

describe('imitation on a batch in parts', () => {
  it.each<[OutputKind, FeatureOptions['kind'], number]>([
    ['mse', 'fitnet', 3],
    ['mse', 'fitnet', 12],
    ['cosine', 'attention', 4],
  ])('has the losses and the gradients of the whole: %s, %s, in %i parts', async (kind, feature, parts) => {
    const [whole, divided] = [await trained(kind, feature, 1), await trained(kind, feature, parts)];
    divided.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[i]!, 5));
    divided.weights.forEach((value, i) => expect(value).toBeCloseTo(whole.weights[i]!, 4));
  });
});
