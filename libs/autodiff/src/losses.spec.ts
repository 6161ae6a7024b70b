import { toBinary } from '@bufbuild/protobuf';
import { Session, type HostTensors } from '#inference';
import { DataType, GraphBuilder, ModelProtoSchema } from '#onnx';
import { randomNumbers } from '#testing';
import { GradientBuilder } from './gradient-builder.js';
import {
  cosineDistance,
  meanSquaredError,
  relativeSquaredError,
  softCrossEntropy,
  softTargetDivergence,
  softmaxCrossEntropy,
  type LossTerm,
} from './losses.js';

const DIMS = [3, 4] as const;
const random = randomNumbers(3);
const logits = Float64Array.from({ length: 12 }, () => random() * 4 - 2);
const teacher = Float64Array.from({ length: 12 }, () => random() * 4 - 2);

async function lossSession(
  write: (g: GradientBuilder) => LossTerm,
  t = teacher,
): Promise<(at: Float64Array) => Promise<{ value: number; gradient: Float64Array }>> {
  const builder = new GraphBuilder();
  builder.input('z', DIMS, DataType.DOUBLE);
  builder.input('t', DIMS, DataType.DOUBLE);
  builder.input('labels', [3], DataType.INT64);
  const { value, gradient } = write(new GradientBuilder(builder, new Map(), () => undefined, DataType.DOUBLE));
  builder.output(value, [], DataType.DOUBLE);
  builder.output(gradient, DIMS, DataType.DOUBLE);
  const session = await Session.create(toBinary(ModelProtoSchema, builder.build()));
  return async (z) => {
    const feeds: HostTensors = {
      z: { type: 'float64', dims: DIMS, data: z },
      t: { type: 'float64', dims: DIMS, data: t },
      labels: { type: 'int64', dims: [3], data: BigInt64Array.of(0n, 3n, 1n) },
    };
    const result = await session.run(feeds);
    return { value: Number(result[value]!.data[0]), gradient: result[gradient]!.data as Float64Array };
  };
}

function softmax(row: readonly number[]): number[] {
  const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
  return row.map((z) => Math.exp(z) / total);
}

const rows = (values: Float64Array) => [0, 1, 2].map((row) => [...values.subarray(row * 4, row * 4 + 4)]);

const LOSSES: Record<string, { write: (g: GradientBuilder) => LossTerm; expected: () => number }> = {
  softmaxCrossEntropy: {
    write: (g) => softmaxCrossEntropy(g, 'z', 'labels', DIMS),
    expected: () => rows(logits).reduce((sum, row, i) => sum - Math.log(softmax(row)[[0, 3, 1][i]!]!), 0) / 3,
  },
  'softmaxCrossEntropy with smoothed labels': {
    write: (g) => softmaxCrossEntropy(g, 'z', 'labels', DIMS, 0.1),
    expected: () =>
      rows(logits).reduce(
        (sum, row, i) =>
          sum - softmax(row).reduce((s, p, k) => s + (0.025 + (k === [0, 3, 1][i] ? 0.9 : 0)) * Math.log(p), 0),
        0,
      ) / 3,
  },
  'softCrossEntropy of a distribution': {
    write: (g) => softCrossEntropy(g, 'z', g.op('Softmax', ['t'], { axis: -1 }), 3),
    expected: () =>
      rows(logits).reduce(
        (sum, row, i) => sum - softmax(rows(teacher)[i]!).reduce((s, t, k) => s + t * Math.log(softmax(row)[k]!), 0),
        0,
      ) / 3,
  },
  softTargetDivergence: {
    write: (g) => softTargetDivergence(g, 'z', 't', 2, 3),
    expected: () =>
      (4 *
        rows(logits).reduce((sum, row, i) => {
          const [p, q] = [softmax(rows(teacher)[i]!.map((z) => z / 2)), softmax(row.map((z) => z / 2))];
          return sum + p.reduce((s, pk, k) => s + pk * Math.log(pk / q[k]!), 0);
        }, 0)) /
      3,
  },
  meanSquaredError: {
    write: (g) => meanSquaredError(g, 'z', 't', DIMS),
    expected: () => logits.reduce((sum, z, i) => sum + (z - teacher[i]!) ** 2, 0) / 12,
  },
  relativeSquaredError: {
    write: (g) => relativeSquaredError(g, 'z', 't', DIMS),
    expected: () =>
      logits.reduce((sum, z, i) => sum + (z - teacher[i]!) ** 2, 0) / teacher.reduce((sum, t) => sum + t ** 2, 0),
  },
  cosineDistance: {
    write: (g) => cosineDistance(g, 'z', 't', DIMS),
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
};

describe.each(Object.entries(LOSSES))('%s', (_, { write, expected }) => {
  it('has the value of its formula', async () => {
    const loss = await lossSession(write);
    expect((await loss(logits)).value).toBeCloseTo(expected(), 10);
  });

  it('has the gradient that central differences give', async () => {
    const loss = await lossSession(write);
    const { gradient } = await loss(logits);
    for (let i = 0; i < logits.length; i++) {
      const moved = (by: number) => logits.map((value, at) => value + (at === i ? by : 0));
      const difference = ((await loss(moved(1e-5))).value - (await loss(moved(-1e-5))).value) / 2e-5;
      expect(gradient[i]).toBeCloseTo(difference, 7);
    }
  });
});

describe('a class that teacher and student rule out by a logit of -∞', () => {
  const without = (values: Float64Array) => values.map((value, i) => (i % 4 === 2 ? -Infinity : value));

  it.each<[string, (g: GradientBuilder) => LossTerm]>([
    ['softmaxCrossEntropy', (g) => softmaxCrossEntropy(g, 'z', 'labels', DIMS)],
    ['softTargetDivergence', (g) => softTargetDivergence(g, 'z', 't', 2, 3)],
  ])('adds nothing to %s', async (_, write) => {
    const { value, gradient } = await (await lossSession(write, without(teacher)))(without(logits));
    expect(Number.isFinite(value)).toBe(true);
    expect([2, 6, 10].map((i) => gradient[i])).toEqual([0, 0, 0]);
    const close = (values: Float64Array) => values.map((z, i) => (i % 4 === 2 ? -60 : z));
    expect(value).toBeCloseTo((await (await lossSession(write, close(teacher)))(close(logits))).value, 10);
  });
});
