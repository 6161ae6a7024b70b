import { DistillOptions } from '#contracts';
import { GraphBuilder, writeModel } from '#onnx';
import { randomNumbers } from '#testing';
import { distillPass } from './distill.js';
import { Points } from '../../distillation/points.fixture.js';

/**
 * Eight inputs, `width` hidden units, and two outputs of other sizes and scales: a vector of three, and a row of 2 x 2
 * a thousand times as large.
 */
function twoHeads(width: number, seed: number): Uint8Array {
  const random = randomNumbers(seed);
  const b = new GraphBuilder();
  const weight = (rows: number, columns: number, scale: number) =>
    b.float(
      Float32Array.from({ length: rows * columns }, () => (random() * 2 - 1) * scale),
      [rows, columns],
    );
  const hidden = b.op('Tanh', [b.op('Gemm', [b.input('x', ['n', 8]), weight(8, width, 0.6)])]);
  b.output(b.op('Gemm', [hidden, weight(width, 3, 0.5)], {}, { outputs: ['small'] }), ['n', 3]);
  b.output(
    b.op('Reshape', [b.op('Gemm', [hidden, weight(width, 4, 500)]), b.ints([-1, 2, 2])], {}, { outputs: ['large'] }),
    ['n', 2, 2],
  );
  return writeModel(b.build());
}

describe('distill of regressions', () => {
  let points: Points;

  beforeAll(async () => {
    points = await Points.create({ labels: undefined });
  });
  afterAll(() => points.remove());

  async function run(options: object) {
    const context = points.context(twoHeads(10, 2), { baseline: twoHeads(16, 1) });
    const { summary } = await distillPass.run(
      context,
      DistillOptions.parse({ epochs: 60, batchSize: 16, learningRate: 0.03, ...options }),
    );
    return summary['epochs'] as Record<string, number>[];
  }

  it('brings every output nearer to the teacher, whatever its scale, and says how near after each epoch', async () => {
    const epochs = await run({});
    expect(epochs).toHaveLength(60);
    for (const output of ['small', 'large']) {
      expect(epochs.at(-1)![`snrDb:${output}`]).toBeGreaterThan(8);
      expect(epochs.at(-1)![`snrDb:${output}`]).toBeGreaterThan(epochs[0]![`snrDb:${output}`]! + 5);
    }
  });

  it('learns the direction of an output by its cosine', async () => {
    const epochs = await run({ outputs: { small: 'cosine' } });
    expect(epochs.at(-1)!['loss:small']).toBeLessThan(0.3 * epochs[0]!['loss:small']!);
  });
});
