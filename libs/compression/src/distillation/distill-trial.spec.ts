import { DistillOptions } from '#contracts';
import type { ModelProto } from '#onnx';
import { mlp } from '#testing';
import { distillTrial } from './distill-trial.js';

const STORED = 'a'.repeat(64);
const trial = (model: ModelProto, options: object, stored: ModelProto | null = null) =>
  distillTrial(model, DistillOptions.parse(options), {
    models: new Map(stored ? [[STORED, stored]] : []),
    data: null,
  });

describe('a first step of teacher and student together', () => {
  it('has nothing in its way where their answers go together', async () => {
    expect(await trial(mlp([8, 16, 4]), { student: { model: STORED } }, mlp([8, 6, 4]))).toEqual([]);
    expect(await trial(mlp([8, 16, 4]), { student: 'current', teacher: 'original' })).toEqual([]);
  });

  it('tells before the job of answers that do not, and of whose option that is', async () => {
    const [ofStudent] = await trial(mlp([8, 16, 4]), { student: { model: STORED } }, mlp([8, 6, 5]));
    expect(ofStudent).toEqual({ field: 'student.model', message: expect.stringContaining('logits') as string });
    const [ofModel] = await trial(mlp([8, 16, 4]), { student: 'current', teacher: { model: STORED } }, mlp([8, 6, 5]));
    expect(ofModel?.field).toBe('');
  });

  it.each<[string, object]>([
    ['teaches', { student: 'current', teacher: { model: STORED } }],
    ['learns', { student: { model: STORED } }],
  ])('is not tried with a model that is not at hand and %s', async (_what, options) => {
    expect(await trial(mlp(), options)).toEqual([]);
  });
});
