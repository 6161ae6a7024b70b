import { float32 } from '#inference';
import { DataType, GraphBuilder, writeModel } from '#onnx';
import { ModelTeacher } from './teacher.js';

/** x [n, 2], and outputs of it. */
async function answersOf(outputs: (b: GraphBuilder) => void) {
  const b = new GraphBuilder();
  b.input('x', ['n', 2]);
  outputs(b);
  const teacher = await ModelTeacher.load(writeModel(b.build()), 1);
  const answers = teacher.answer({ x: float32([3, 2], [1, 2, 3, 4, 5, 6]) });
  return answers.finally(() => teacher.release());
}
const best = (b: GraphBuilder) =>
  b.op('ArgMax', ['x'], { axis: 1 }, { outputs: [b.output('best', undefined, DataType.INT64)] });
const total = (b: GraphBuilder) => b.op('ReduceSum', ['x'], {}, { outputs: [b.output('total', undefined)] });

describe('the answers of a teacher', () => {
  it('are its outputs of floats with a row for each sample, and no others', async () => {
    const answers = await answersOf((b) => {
      b.op('Neg', ['x'], {}, { outputs: [b.output('logits', ['n', 2])] });
      best(b);
      total(b);
    });
    expect(Object.keys(answers)).toEqual(['logits']);
  });

  it('are refused where there are none, with what there is', async () => {
    const asked = answersOf((b) => void [best(b), total(b)]);
    await expect(asked).rejects.toThrow('"best" int64 [3,1], "total" float32 [1,1] for 3 samples');
  });

  it('are those of each sample also where the model takes so many at a time', async () => {
    const b = new GraphBuilder();
    b.op('Neg', [b.input('x', [2, 3])], {}, { outputs: [b.output('logits', [2, 3])] });
    const teacher = await ModelTeacher.load(writeModel(b.build()), 1);
    const { logits } = await teacher.answer({ x: float32([3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]) });
    await teacher.release();
    expect([logits?.dims, Array.from((logits?.data ?? []) as Float32Array)]).toEqual([
      [3, 3],
      [-1, -2, -3, -4, -5, -6, -7, -8, -9],
    ]);
  });
});
