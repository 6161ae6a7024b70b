import type { DistillOptions } from '#contracts';
import { writeModel } from '#onnx';
import { mlp } from '#testing';
import type { PassContext } from '../../pass.js';
import { loadTeacher, teacherModels } from './sources.js';

const [BASELINE, BEFORE, CURRENT, STORED, OTHER] = [1, 2, 3, 4, 5].map((byte) => Uint8Array.of(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const of = (teacher: unknown, history: Uint8Array[] = [BASELINE, BEFORE, CURRENT]) => {
  const models = new Map([
    ['a', STORED],
    ['b', OTHER],
  ]);
  const context = { baseline: BASELINE, history, models } as unknown as PassContext;
  return teacherModels({ teacher } as DistillOptions, context, CURRENT);
};

describe('the teacher of a distillation', () => {
  it.each([
    ['original', BASELINE],
    ['current', CURRENT],
    ['previous', BEFORE],
    [{ model: 'a' }, STORED],
  ])('%j is one model', (teacher, model) => {
    expect(of(teacher)).toEqual({ models: [model], weights: [1] });
  });

  it('previous is the original where nothing came before the stage', () => {
    expect(of('previous', [CURRENT]).models).toEqual([BASELINE]);
  });

  it('of several models counts each alike, or as the options say', () => {
    expect(of({ models: ['a', 'b'] })).toEqual({ models: [STORED, OTHER], weights: [1, 1] });
    expect(of({ models: ['a', 'b'], weights: [1, 3] }).weights).toEqual([1, 3]);
  });

  it('must be a model that the stage was given', () => {
    expect(() => of({ model: 'c' })).toThrow('c');
  });

  it('shows hidden values where it is one, and none where it is several', async () => {
    const models = [writeModel(mlp())];
    const loaded = await loadTeacher({ models: [...models, ...models], weights: [1, 1] }, 1);
    await loaded.release();
    const asked = loadTeacher({ models: [...models, ...models], weights: [1, 1] }, 1, ['hidden']);
    await expect(asked).rejects.toThrow('name one teacher');
  });
});
