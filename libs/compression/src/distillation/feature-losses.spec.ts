import { GradientBuilder } from '#autodiff';
import { Session, type HostTensor } from '#inference';
import { DataType, GraphBuilder, writeModel } from '#onnx';
import { randomNumbers } from '#testing';
import { attentionTransfer } from './attention-transfer.js';
import { answerInput, distillObjective, powerInput } from './objective.js';

const DIMS = [2, 3, 2, 2] as const;
const random = randomNumbers(5);
const numbers = (count: number) => Float64Array.from({ length: count }, () => random() * 4 - 2);
const student = numbers(24);
const teacher = numbers(40);
/** Mean square of the teacher's values over a batch of which these are a part. */
const POWER = 1.7;

/** The loss and its gradient at a student's value, in float64. */
async function lossSession(
  teacherDims: readonly number[],
  write: (g: GradientBuilder) => { value: string; gradient: string },
) {
  const b = new GraphBuilder();
  b.input('a', DIMS, DataType.DOUBLE);
  b.input(answerInput('t'), teacherDims, DataType.DOUBLE);
  b.input(powerInput('t'), [], DataType.DOUBLE);
  const { value, gradient } = write(new GradientBuilder(b, new Map(), () => undefined, DataType.DOUBLE));
  b.output(value, [], DataType.DOUBLE);
  b.output(gradient, DIMS, DataType.DOUBLE);
  const session = await Session.create(writeModel(b.build()));
  return async (a: Float64Array) => {
    const size = teacherDims.reduce((product, dim) => product * dim, 1);
    const tensor = (dims: readonly number[], data: Float64Array): HostTensor => ({ type: 'float64', dims, data });
    const result = await session.run({
      a: tensor(DIMS, a),
      [answerInput('t')]: tensor(teacherDims, teacher.slice(0, size)),
      [powerInput('t')]: tensor([], Float64Array.of(POWER)),
    });
    return { value: Number(result[value]!.data[0]), gradient: result[gradient]!.data as Float64Array };
  };
}

async function worstError(loss: Awaited<ReturnType<typeof lossSession>>): Promise<number> {
  const { gradient } = await loss(student);
  let worst = 0;
  for (let i = 0; i < student.length; i++) {
    const moved = (by: number) => student.map((value, at) => value + (at === i ? by : 0));
    const difference = ((await loss(moved(1e-5))).value - (await loss(moved(-1e-5))).value) / 2e-5;
    worst = Math.max(worst, Math.abs(gradient[i]! - difference));
  }
  return worst;
}

function unitMap(values: Float64Array, sample: number, channels: number): number[] {
  const map = [0, 1, 2, 3].map((place) =>
    Array.from({ length: channels }, (_, c) => values[(sample * channels + c) * 4 + place]! ** 2).reduce(
      (a, b) => a + b,
    ),
  );
  return map.map((value) => value / Math.hypot(...map));
}

describe('attentionTransfer', () => {
  it('is the distance of the unit attention maps, whatever the channels', async () => {
    const { value } = await (
      await lossSession([2, 5, 2, 2], (g) => attentionTransfer(g, 'a', answerInput('t'), DIMS))
    )(student);
    const distance = [0, 1].map((n) =>
      unitMap(student, n, 3).reduce((total, u, i) => total + (u - unitMap(teacher, n, 5)[i]!) ** 2, 0),
    );
    expect(value).toBeCloseTo((distance[0]! + distance[1]!) / 2, 9);
  });

  it('has the gradient that central differences give', async () => {
    expect(
      await worstError(await lossSession([2, 5, 2, 2], (g) => attentionTransfer(g, 'a', answerInput('t'), DIMS))),
    ).toBeLessThan(1e-7);
  });
});

describe('the objective', () => {
  it('has the gradient that central differences give when several losses read one value', async () => {
    const shared = { answer: 't', dims: DIMS, answerDims: DIMS };
    const objective = distillObjective(
      [{ output: 'a', answer: 't', dims: DIMS, kind: 'cosine', logits: 'a', isProbability: false }],
      false,
      { temperature: 1, alpha: 1, labelSmoothing: 0 },
      [
        { ...shared, value: 'a', kind: 'fitnet', weight: 0.5 },
        { ...shared, value: 'a', kind: 'attention', weight: 3 },
      ],
    );
    const write = (g: GradientBuilder) => {
      const { terms, seeds } = objective.write(g);
      return { value: terms['loss']!, gradient: seeds.get('a')! };
    };
    expect(await worstError(await lossSession(DIMS, write))).toBeLessThan(1e-7);
  });
});
