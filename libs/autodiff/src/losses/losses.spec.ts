import { lossSession, randomNumbers } from '#testing';
import { softCrossEntropy, softTargetDivergence, softmaxCrossEntropy } from './closed-forms.js';
import type { Expression } from './expression.js';
import type { LossBuilder } from './loss-builder.js';
import { cosineDistance, meanSquaredError, relativeSquaredError } from './losses.js';

const DIMS = [3, 4] as const;
const random = randomNumbers(3);
const logits = Float64Array.from({ length: 12 }, () => random() * 4 - 2);
const teacher = Float64Array.from({ length: 12 }, () => random() * 4 - 2);
const LABELS = { labels: { type: 'int64' as const, dims: [3], data: BigInt64Array.of(0n, 3n, 1n) } };

const session = (write: (l: LossBuilder) => Expression) => lossSession({ z: DIMS, t: DIMS }, write, LABELS);

function softmax(row: readonly number[]): number[] {
  const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
  return row.map((z) => Math.exp(z) / total);
}

const rows = (values: Float64Array) => [0, 1, 2].map((row) => [...values.subarray(row * 4, row * 4 + 4)]);

const LOSSES: Record<string, { write: (l: LossBuilder) => Expression; expected: () => number }> = {
  softmaxCrossEntropy: {
    write: (l) => softmaxCrossEntropy(l, l.value('z'), l.given('labels', [3])),
    expected: () => rows(logits).reduce((sum, row, i) => sum - Math.log(softmax(row)[[0, 3, 1][i]!]!), 0) / 3,
  },
  'softmaxCrossEntropy with smoothed labels': {
    write: (l) => softmaxCrossEntropy(l, l.value('z'), l.given('labels', [3]), 0.1),
    expected: () =>
      rows(logits).reduce(
        (sum, row, i) =>
          sum - softmax(row).reduce((s, p, k) => s + (0.025 + (k === [0, 3, 1][i] ? 0.9 : 0)) * Math.log(p), 0),
        0,
      ) / 3,
  },
  'softCrossEntropy of a distribution': {
    write: (l) => softCrossEntropy(l, l.value('z'), l.given('t').softmax()),
    expected: () =>
      rows(logits).reduce(
        (sum, row, i) => sum - softmax(rows(teacher)[i]!).reduce((s, t, k) => s + t * Math.log(softmax(row)[k]!), 0),
        0,
      ) / 3,
  },
  softTargetDivergence: {
    write: (l) => softTargetDivergence(l, l.value('z'), l.given('t'), 2),
    expected: () =>
      (4 *
        rows(logits).reduce((sum, row, i) => {
          const [p, q] = [softmax(rows(teacher)[i]!.map((z) => z / 2)), softmax(row.map((z) => z / 2))];
          return sum + p.reduce((s, pk, k) => s + pk * Math.log(pk / q[k]!), 0);
        }, 0)) /
      3,
  },
  meanSquaredError: {
    write: (l) => meanSquaredError(l.value('z'), l.given('t')),
    expected: () => logits.reduce((sum, z, i) => sum + (z - teacher[i]!) ** 2, 0) / 12,
  },
  relativeSquaredError: {
    write: (l) => relativeSquaredError(l.value('z'), l.given('t')),
    expected: () =>
      logits.reduce((sum, z, i) => sum + (z - teacher[i]!) ** 2, 0) / teacher.reduce((sum, t) => sum + t ** 2, 0),
  },
  cosineDistance: {
    write: (l) => cosineDistance(l.value('z'), l.given('t')),
    expected: () =>
      1 -
      rows(logits).reduce(
        (sum, row, i) =>
          sum +
          row.reduce((s, z, k) => s + z * rows(teacher)[i]![k]!, 0) /
            (Math.hypot(...row) * Math.hypot(...rows(teacher)[i]!)),
        0,
      ) /
        3,
  },
  // A closed form within an expression, and one value that several terms read.
  'a weighted sum': {
    write: (l) => {
      const z = l.value('z');
      const entropy = softmaxCrossEntropy(l, z, l.given('labels', [3]));
      return entropy.times(0.25).plus(meanSquaredError(z, l.given('t')).times(3));
    },
    expected: () => 0.25 * LOSSES['softmaxCrossEntropy']!.expected() + 3 * LOSSES['meanSquaredError']!.expected(),
  },
};

describe.each(Object.entries(LOSSES))('%s', (_, { write, expected }) => {
  it('has the value of its formula', async () => {
    const { value } = await (await session(write)).at({ z: logits, t: teacher });
    expect(value).toBeCloseTo(expected(), 10);
  });

  it('has the gradient that central differences give', async () => {
    expect(await (await session(write)).worstError({ z: logits, t: teacher }, 'z')).toBeLessThan(1e-7);
  });

  it('has none by what is given', async () => {
    const { gradients } = await (await session(write)).at({ z: logits, t: teacher });
    expect(Object.keys(gradients)).toEqual(['z']);
  });
});

describe('a class that teacher and student rule out by a logit of -∞', () => {
  const without = (values: Float64Array) => values.map((value, i) => (i % 4 === 2 ? -Infinity : value));
  const close = (values: Float64Array) => values.map((z, i) => (i % 4 === 2 ? -60 : z));

  it.each(['softmaxCrossEntropy', 'softTargetDivergence'])('adds nothing to %s', async (name) => {
    const loss = await session(LOSSES[name]!.write);
    const { value, gradients } = await loss.at({ z: without(logits), t: without(teacher) });
    expect(Number.isFinite(value)).toBe(true);
    expect([2, 6, 10].map((i) => gradients['z']![i])).toEqual([0, 0, 0]);
    expect(value).toBeCloseTo((await loss.at({ z: close(logits), t: close(teacher) })).value, 10);
  });
});
