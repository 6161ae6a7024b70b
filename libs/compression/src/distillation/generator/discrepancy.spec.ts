import { GradientBuilder } from '#autodiff';
import type { OutputKind } from '#contracts';
import { Session, type HostTensor } from '#inference';
import { DataType, GraphBuilder, writeModel } from '#onnx';
import { randomNumbers } from '#testing';
import { DISCREPANCIES } from './discrepancy.js';

const DIMS = [3, 4] as const;

async function measure(kind: OutputKind, isProbability = false) {
  const b = new GraphBuilder();
  const [teacher, student] = ['t', 's'].map((name) => b.input(name, DIMS, DataType.DOUBLE)) as [string, string];
  const g = new GradientBuilder(
    b,
    new Map([
      ['t', DIMS],
      ['s', DIMS],
    ]),
    () => undefined,
    DataType.DOUBLE,
  );
  const { value, byTeacher, byStudent } = DISCREPANCIES[kind](g, { teacher, student, isProbability });
  b.output(value, [], DataType.DOUBLE);
  for (const gradient of [byTeacher, byStudent]) b.output(gradient, DIMS, DataType.DOUBLE);
  const session = await Session.create(writeModel(b.build()));
  return async (t: Float64Array, s: Float64Array) => {
    const tensor = (data: Float64Array): HostTensor => ({ type: 'float64', dims: DIMS, data });
    const result = await session.run({ t: tensor(t), s: tensor(s) });
    return {
      value: Number(result[value]!.data[0]),
      gradients: [byTeacher, byStudent].map((name) => result[name]!.data as Float64Array),
    };
  };
}

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
      const run = await measure(kind, isProbability);
      const {
        gradients: [byTeacher, byStudent],
      } = await run(teacher, s);
      // Probabilities move with their row's sum, as they do behind a teacher: only what changes along the row counts.
      const along = (i: number, by: number) =>
        teacher.map(
          (value, at) => value + (at === i ? by : isProbability && at === i - (i % 4) + ((i + 1) % 4) ? -by : 0),
        );
      const expected = (i: number) => byTeacher![i]! - (isProbability ? byTeacher![i - (i % 4) + ((i + 1) % 4)]! : 0);
      const moved = (values: Float64Array, i: number, by: number) =>
        values.map((value, at) => value + (at === i ? by : 0));
      for (let i = 0; i < 12; i++) {
        const central = async (at: (by: number) => [Float64Array, Float64Array]) =>
          ((await run(...at(1e-5))).value - (await run(...at(-1e-5))).value) / 2e-5;
        expect(expected(i)).toBeCloseTo(await central((by) => [along(i, by), s]), 7);
        expect(byStudent![i]).toBeCloseTo(await central((by) => [teacher, moved(s, i, by)]), 7);
      }
    },
  );

  it('is nothing between equal answers and has its bound between opposite ones', async () => {
    const sure = Float64Array.from({ length: 12 }, (_, i) => (i % 4 === 0 ? 40 : 0));
    const otherwise = sure.map((_, i) => (i % 4 === 1 ? 40 : 0));
    for (const [kind, opposite, bound] of [
      ['classification', otherwise, Math.LN2],
      ['mse', sure.map((z) => -z), 2],
      ['cosine', sure.map((z) => -z), 2],
    ] as const) {
      const run = await measure(kind);
      expect((await run(sure, sure)).value).toBeCloseTo(0, 9);
      expect((await run(sure, opposite)).value).toBeCloseTo(bound, 9);
    }
  });
});
