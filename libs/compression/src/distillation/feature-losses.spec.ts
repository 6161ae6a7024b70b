import { lossSession, randomNumbers } from '#testing';
import { attentionTransfer } from './attention-transfer.js';
import { answerInput, distillObjective, powerInput } from './objective.js';

const DIMS = [2, 3, 2, 2] as const;
const random = randomNumbers(5);
const numbers = (count: number) => Float64Array.from({ length: count }, () => random() * 4 - 2);
const student = numbers(24);
const teacher = numbers(40);
/** Mean square of the teacher's values over a batch of which these are a part. */
const POWER = 1.7;

function unitMap(values: Float64Array, sample: number, channels: number): number[] {
  const map = [0, 1, 2, 3].map((place) =>
    Array.from({ length: channels }, (_, c) => values[(sample * channels + c) * 4 + place]! ** 2).reduce(
      (a, b) => a + b,
    ),
  );
  return map.map((value) => value / Math.hypot(...map));
}

describe('attentionTransfer', () => {
  const session = () => lossSession({ a: DIMS, t: [2, 5, 2, 2] }, (l) => attentionTransfer(l.value('a'), l.given('t')));

  it('is the distance of the unit attention maps, whatever the channels', async () => {
    const { value } = await (await session()).at({ a: student, t: teacher });
    const distance = [0, 1].map((n) =>
      unitMap(student, n, 3).reduce((total, u, i) => total + (u - unitMap(teacher, n, 5)[i]!) ** 2, 0),
    );
    expect(value).toBeCloseTo((distance[0]! + distance[1]!) / 2, 9);
  });

  it('has the gradient that central differences give', async () => {
    expect(await (await session()).worstError({ a: student, t: teacher }, 'a')).toBeLessThan(1e-7);
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
    const dims = { a: DIMS, [answerInput('t')]: DIMS, [powerInput('t')]: [] };
    const loss = await lossSession(dims, (l) => objective.write(l).total);
    const at = { a: student, [answerInput('t')]: teacher.slice(0, 24), [powerInput('t')]: Float64Array.of(POWER) };
    expect(await loss.worstError(at, 'a')).toBeLessThan(1e-7);
  });
});
