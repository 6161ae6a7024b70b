import { DistillOptions } from '#contracts';
import { GraphBuilder, type ModelProto } from '#onnx';
import { mlp } from '#testing';
import { untrainableStudent } from './untrainable-student.js';

/** A net without a weight, so that there is nothing to train. */
function weightless(): ModelProto {
  const b = new GraphBuilder();
  b.op('Neg', [b.input('x', ['n', 8])], {}, { outputs: [b.output('y', ['n', 8])] });
  return b.build();
}

const [GOOD, BAD] = ['a'.repeat(64), 'b'.repeat(64)];
const STORED = new Map([
  [GOOD, mlp()],
  [BAD, weightless()],
]);
const CUT = { width: 0.5 };

const fields = (model: ModelProto, options: object, models = STORED) =>
  untrainableStudent(model, DistillOptions.parse(options), models).map(({ field }) => field);

describe('a student that cannot be trained', () => {
  it.each<[string, object, string]>([
    ["the job's own model", { student: 'current' }, ''],
    ['a model that is cut from it', { student: CUT, teacher: 'original' }, 'student'],
  ])('is told of where it stands in the options: %s', (_what, options, field) => {
    expect(fields(weightless(), options)).toEqual([field]);
    expect(fields(mlp(), options)).toEqual([]);
  });

  it.each<[string, (digest: string) => object, string]>([
    ['a model of the store', (model) => ({ student: { model } }), 'student.model'],
    ['a model that is cut from one of the store', (model) => ({ student: CUT, teacher: { model } }), 'student'],
    [
      'a model that is cut from the first of several',
      (model) => ({ student: CUT, teacher: { models: [model, GOOD] } }),
      'student',
    ],
  ])('is told of where it stands in the options: %s', (_what, options, field) => {
    expect(fields(mlp(), options(BAD))).toEqual([field]);
    expect(fields(weightless(), options(GOOD))).toEqual([]);
  });

  it('is not judged where it is not at hand', () => {
    expect(fields(weightless(), { student: { model: 'c'.repeat(64) } })).toEqual([]);
  });
});
