import { DistillOptions } from '#contracts';
import { Session, float32 } from '#inference';
import { Graph, GraphBuilder, readModel, writeModel } from '#onnx';
import { randomNumbers } from '#testing';
import { distillPass } from '../../passes/distill/distill.js';
import { throughSoftmax } from './probabilities.js';
import { Points } from '../points.fixture.js';

/** Eight inputs, `width` hidden units, four classes, and a Softmax where asked for. */
function classifier(width: number, seed: number, { softmax }: { softmax: boolean }): Uint8Array {
  const random = randomNumbers(seed);
  const b = new GraphBuilder();
  const weight = (rows: number, columns: number) =>
    b.float(
      Float32Array.from({ length: rows * columns }, () => random() * 2 - 1),
      [rows, columns],
    );
  const hidden = b.op('Relu', [b.op('Gemm', [b.input('x', ['n', 8]), weight(8, width)])]);
  const logits = b.op('Gemm', [hidden, weight(width, 4)], {}, { outputs: [softmax ? 'logits' : 'y'] });
  if (softmax) b.op('Softmax', [logits], { axis: 1 }, { outputs: ['y'] });
  b.output('y', ['n', 4]);
  return writeModel(b.build());
}

describe('throughSoftmax', () => {
  const target = {
    output: 'y',
    answer: 'y',
    dims: [2, 4],
    kind: 'classification',
    logits: 'y',
    isProbability: false,
  } as const;
  const graph = (softmax: boolean) => new Graph(readModel(classifier(4, 1, { softmax })));

  it("looks behind the student's Softmax, and knows probabilities from logits", () => {
    const probabilities = float32([2, 4], [0.1, 0.2, 0.3, 0.4, 0, 0, 0, 1]);
    const logits = float32([2, 4], [0.1, 0.2, 0.3, 0.4, 0, 0, 1, 1]);
    expect(throughSoftmax(graph(true), [target], { y: probabilities })[0]).toMatchObject({
      logits: 'logits',
      isProbability: true,
    });
    expect(throughSoftmax(graph(false), [target], { y: logits })[0]).toMatchObject({
      logits: 'y',
      isProbability: false,
    });
  });
});

describe('distill of classifiers that end in a Softmax', () => {
  let points: Points;
  beforeAll(async () => {
    points = await Points.create();
  });
  afterAll(() => points.remove());

  it('teaches the same whether teacher and student end in a Softmax or not', async () => {
    const answers: Float32Array[] = [];
    for (const [theirs, ours] of [
      [false, false],
      [true, true],
      [true, false],
    ] as const) {
      const context = points.context(classifier(6, 2, { softmax: ours }), {
        baseline: classifier(12, 1, { softmax: theirs }),
      });
      const { model } = await distillPass.run(
        context,
        DistillOptions.parse({ epochs: 6, batchSize: 16, learningRate: 0.02 }),
      );
      const session = await Session.create(writeModel(model!));
      const { y, logits } = await session.run({ x: float32([1, 8], [1, -1, 0.5, 0, 2, -0.5, 1, 0.3]) });
      await session.release();
      answers.push(softmax((logits ?? y)!.data as Float32Array, ours && !logits));
    }
    for (const answer of answers.slice(1))
      answer.forEach((probability, k) => expect(probability).toBeCloseTo(answers[0]![k]!, 2));
  });
});

function softmax(values: Float32Array, done: boolean): Float32Array {
  if (done) return values;
  const sum = values.reduce((total, value) => total + Math.exp(value), 0);
  return values.map((value) => Math.exp(value) / sum);
}
