import { DistillOptions } from '#contracts';
import { DataType, GraphBuilder, type ModelProto } from '#onnx';
import { mlp } from '#testing';
import { generatorObstacles } from './generator-obstacles.js';

type Dim = number | string;

/** A net that sums what it is given: an input for each shape. */
function net(shapes: readonly (readonly Dim[])[], type = DataType.FLOAT, op = 'Sum'): ModelProto {
  const b = new GraphBuilder();
  const inputs = shapes.map((dims, i) => b.input(`x${i}`, [...dims], type));
  const summed = type === DataType.FLOAT ? inputs : inputs.map((x) => b.op('Cast', [x], { to: DataType.FLOAT }));
  b.op(op, summed, {}, { outputs: [b.output('y', ['n', 4])] });
  return b.build();
}

const TEACHER = /^samples are made up for a teacher with one input of floats/;

const told = (model: ModelProto, options: object = {}, models: [string, ModelProto][] = []) =>
  generatorObstacles(DistillOptions.parse({ method: 'generative', ...options }), model, new Map(models));

describe('samples that cannot be made up', () => {
  it.each<[string, ModelProto]>([
    [
      'several inputs',
      net([
        ['n', 4],
        ['n', 4],
      ]),
    ],
    ['an input of whole numbers', net([['n', 4]], DataType.INT64)],
    ['a size of a sample that each run chooses', net([['n', 'length']])],
    ['no axis but the batch', net([['n']])],
  ])('are told before the job, of a teacher with %s', (_what, model) => {
    const [obstacle] = told(model);
    expect(obstacle).toEqual({ field: 'method', message: expect.stringMatching(TEACHER) as string });
  });

  it('are told of a teacher that no gradient passes, with the node', () => {
    const [obstacle] = told(net([['n', 4]], DataType.FLOAT, 'Det'));
    expect(obstacle?.message).toMatch(/there is no gradient rule for ".*" \(Det\)/);
  });

  it('are none for one input of floats, and for method discriminative', () => {
    expect(told(mlp())).toEqual([]);
    expect(told(net([['n']]), { method: 'discriminative' })).toEqual([]);
  });

  it('are told of a student with several inputs where the generator seeks what it gets wrong', () => {
    const stored: [string, ModelProto][] = [
      [
        'a'.repeat(64),
        net([
          ['n', 4],
          ['n', 4],
        ]),
      ],
    ];
    const student = { model: 'a'.repeat(64) };
    const [obstacle] = told(mlp(), { student, generator: { adversarial: 1 } }, stored);
    expect(obstacle?.message).toContain('this one has 2: set generator.adversarial to 0');
    expect(told(mlp(), { student, generator: { adversarial: 0 } }, stored)).toEqual([]);
  });
});
