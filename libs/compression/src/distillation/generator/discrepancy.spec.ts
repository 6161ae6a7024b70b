import type { OutputKind } from '#contracts';
import { lossSession, randomNumbers } from '#testing';
import { DISCREPANCIES } from './discrepancy.js';

const DIMS = [3, 4] as const;

const measure = (kind: OutputKind, isProbability = false) =>
  lossSession({ t: DIMS, s: DIMS }, (l) =>
    DISCREPANCIES[kind]({ teacher: l.value('t'), student: l.value('s'), isProbability }),
  );

const random = randomNumbers(17);
const numbers = () => Float64Array.from({ length: 12 }, () => random() * 4 - 2);
const [t, s] = [numbers(), numbers()];
const probabilities = t.map(
  (_, i) => Math.exp(t[i]!) / t.subarray(i - (i % 4), i - (i % 4) + 4).reduce((sum, z) => sum + Math.exp(z), 0),
);

describe('discrepancy', () => {
  it.each<[OutputKind, boolean, Float64Array]>([
    ['classification', false, t],
    ['classification', true, probabilities],
    ['mse', false, t],
    ['cosine', false, t],
  ])(
    'of %s (probabilities: %s) has the gradients by both answers that central differences give',
    async (kind, isProbability, teacher) => {
      const loss = await measure(kind, isProbability);
      expect(await loss.worstError({ t: teacher, s }, 't')).toBeLessThan(1e-7);
      expect(await loss.worstError({ t: teacher, s }, 's')).toBeLessThan(1e-7);
    },
  );

  it('takes probabilities for what they are', async () => {
    const of = async (isProbability: boolean, teacher: Float64Array) =>
      (await (await measure('classification', isProbability)).at({ t: teacher, s })).value;
    expect(await of(true, probabilities)).toBeCloseTo(await of(false, t), 9);
  });

  it('is nothing between equal answers and has its bound between opposite ones', async () => {
    const sure = Float64Array.from({ length: 12 }, (_, i) => (i % 4 === 0 ? 40 : 0));
    const otherwise = sure.map((_, i) => (i % 4 === 1 ? 40 : 0));
    for (const [kind, opposite, bound] of [
      ['classification', otherwise, Math.LN2],
      ['mse', sure.map((z) => -z), 2],
      ['cosine', sure.map((z) => -z), 2],
    ] as const) {
      const loss = await measure(kind);
      expect((await loss.at({ t: sure, s: sure })).value).toBeCloseTo(0, 9);
      expect((await loss.at({ t: sure, s: opposite })).value).toBeCloseTo(bound, 9);
    }
  });
});
