import { ParameterLayout } from '#autodiff';
import type { OutputKind } from '#contracts';
import { GraphBuilder, readModel, writeModel } from '#onnx';
import { randomNumbers } from '#testing';
import { Generator, type GeneratorRequest } from './generator-step.js';
import type { EmbeddedStudent } from './embedded-student.js';
import { copiedForm } from '../../training/form/copied-form.js';

/**
 * A net of eight numbers, one hidden layer and three answers; its nodes and values have the same names whatever the
 * seed.
 */
function net(seed: number): Uint8Array {
  const random = randomNumbers(seed);
  const b = new GraphBuilder();
  const weight = (rows: number, columns: number) =>
    b.float(
      Float32Array.from({ length: rows * columns }, () => random() * 2 - 1),
      [rows, columns],
    );
  b.output(
    b.op(
      'Gemm',
      [b.op('Relu', [b.op('Gemm', [b.input('x', ['n', 8]), weight(8, 16)])]), weight(16, 3)],
      {},
      { outputs: ['y'] },
    ),
    ['n', 3],
  );
  b.nodes.forEach((node, i) => {
    node.name = `layer${i}`;
  });
  return writeModel(b.build());
}

/** The net as a student that does not learn, with its weights in a vector. */
function studentOf(model: Uint8Array, kind: OutputKind): { student: EmbeddedStudent; weights: Float32Array } {
  const { graph, trainables } = copiedForm(readModel(model));
  const layout = new ParameterLayout(trainables);
  const weights = layout.pack(new Map(trainables.map(({ name, values }) => [name, values])));
  const target = { output: 'y', answer: 'y', dims: [16, 3], kind, logits: 'y', isProbability: false };
  return { student: { graph, layout, pairs: [target], weights: () => weights }, weights };
}

const KINDS: readonly OutputKind[] = ['classification', 'mse', 'cosine'];

const requestFor = (
  kind: OutputKind,
  changes: Pick<GeneratorRequest, 'adversarial' | 'student'>,
): GeneratorRequest => ({
  teacher: net(1),
  logits: kind === 'classification' ? 'y' : null,
  answers: ['y'],
  batchSize: 16,
  range: [-3, 3],
  learningRate: 0.01,
  statistics: 1,
  seed: 1,
  threads: 1,
  ...changes,
});

/** Mean discrepancy of the last batches that a generator makes for a student that stays what it is. */
async function reached(kind: OutputKind, adversarial: number): Promise<number> {
  const generator = await Generator.create(requestFor(kind, { adversarial, student: studentOf(net(2), kind).student }));
  const found = [];
  for (let step = 0; step < 80; step++) found.push((await generator.make()).losses['agreementLoss']! / -adversarial);
  await generator.trainer.release();
  return found.slice(-20).reduce((sum, discrepancy) => sum + discrepancy, 0) / 20;
}

describe('the generator before teacher and student', () => {
  it.each(KINDS)('makes samples on which they differ the more, the more that weighs (%s)', async (kind) => {
    const [hardly, somewhat, much] = [
      await reached(kind, 1e-3),
      await reached(kind, 1),
      await reached(kind, 100),
    ] as const;
    expect(somewhat).toBeGreaterThan(hardly);
    expect(much).toBeGreaterThan(1.2 * hardly);
  });

  it.each(KINDS)('sees the student as it stands at each step (%s)', async (kind) => {
    const [same, other] = [studentOf(net(1), kind), studentOf(net(2), kind)];
    let { weights } = same;
    const generator = await Generator.create(
      requestFor(kind, { adversarial: 1, student: { ...same.student, weights: () => weights } }),
    );
    const discrepancy = async () => -(await generator.make()).losses['agreementLoss']!;
    expect(await discrepancy()).toBeLessThan(1e-6);
    ({ weights } = other);
    expect(await discrepancy()).toBeGreaterThan(0.01);
    await generator.trainer.release();
  });

  it('has no need of a student where the discrepancy weighs nothing', async () => {
    const alone = await Generator.create(requestFor('mse', { adversarial: 0, student: null }));
    const beside = await Generator.create(
      requestFor('mse', { adversarial: 0, student: studentOf(net(2), 'mse').student }),
    );
    expect((await beside.make()).sample).toEqual((await alone.make()).sample);
    await alone.trainer.release();
    await beside.trainer.release();
  });
});
