import { DistillOptions } from '#contracts';
import { Graph, type ModelProto } from '#onnx';
import { mlp } from '#testing';
import { OptionError } from '../errors.js';
import { checkCurrentFeatures, checkValue, unknownFeatures } from './feature-names.js';

const STORED = 'a'.repeat(64);
/** A hidden value that the net has, and one that it has not. */
const HIDDEN = new Graph(mlp()).nodes[1]!.output[0]!;
const feature = (teacher: string, student: string) => ({ teacher, student, kind: 'fitnet' });
const optionsOf = (features: object[], more: object = {}) => DistillOptions.parse({ features, ...more });

const fields = (options: DistillOptions, original: ModelProto = mlp(), models = new Map([[STORED, mlp()]])) =>
  unknownFeatures(options, original, models).map(({ field }) => field);

describe('hidden values that the options name', () => {
  it('are each told by its place where a model has none of that name, with the nearest that it has', () => {
    const options = optionsOf([feature(HIDDEN, HIDDEN), feature(`${HIDDEN}x`, HIDDEN)], { student: { model: STORED } });
    const [unknown, ...more] = unknownFeatures(options, mlp(), new Map([[STORED, mlp()]]));
    expect([unknown?.field, more]).toEqual(['features[1].teacher', []]);
    expect(unknown?.message).toContain(`has no value "${HIDDEN}x": the nearest are "${HIDDEN}"`);
  });

  it.each<[string, object, string[]]>([
    ['the original teaches', { teacher: 'original', student: 'current' }, ['features[0].teacher']],
    ['a model of the store teaches', { teacher: { model: STORED }, student: 'current' }, ['features[0].teacher']],
    ['a model of the store learns', { teacher: 'current', student: { model: STORED } }, ['features[0].student']],
    [
      'the student is cut from the original',
      { teacher: 'original', student: { width: 0.5 } },
      ['features[0].teacher', 'features[0].student'],
    ],
    ['passes before make both', { teacher: 'previous', student: 'current' }, []],
  ])('are told before the job as far as models are known: %s', (_what, more, expected) => {
    expect(fields(optionsOf([feature('none', 'none')], more))).toEqual(expected);
  });

  it.each<[string, object, string | null]>([
    ['teaches', { teacher: 'current', student: { model: STORED } }, 'features[0].teacher'],
    ['learns', { teacher: 'original', student: 'current' }, 'features[0].student'],
    ['does neither', { teacher: 'original', student: { model: STORED } }, null],
  ])("are told by the first pass where the stage's own input %s", (_what, more, field) => {
    const check = () => checkCurrentFeatures(optionsOf([feature('none', 'none')], more), mlp());
    if (field === null) return expect(check).not.toThrow();
    expect(check).toThrow(OptionError);
    expect(check).toThrow(expect.objectContaining({ option: field }));
  });

  it('may be inputs, and are no names of weights', () => {
    const graph = new Graph(mlp());
    expect(() => checkValue('teacher', graph, 'x')).not.toThrow();
    expect(() => checkValue('teacher', graph, 'fc1.weight')).toThrow("the teacher's graph has no value");
  });
});
