import type { DistillOptions } from '#contracts';
import type { ModelProto } from '#onnx';
import type { Obstacle } from '../pass.js';
import { untrainable } from '../training/untrainable.js';

/** What keeps the student, where it is known before the run, from being trained. */
export function untrainableStudent(
  model: ModelProto,
  options: DistillOptions,
  models: ReadonlyMap<string, ModelProto>,
): Obstacle[] {
  const { student, teacher } = options;
  if (student === 'current') return untrainable(model, options, '');
  if ('model' in student)
    return within(models, student.model, (stored) => untrainable(stored, options, 'student.model'));
  if (typeof teacher === 'string') return untrainable(model, options, 'student');
  const first = 'model' in teacher ? teacher.model : teacher.models[0]!;
  return within(models, first, (stored) => untrainable(stored, options, 'student'));
}

/** What there is to say of a model of the store, if it is at hand. */
function within(
  models: ReadonlyMap<string, ModelProto>,
  digest: string,
  judge: (model: ModelProto) => Obstacle[],
): Obstacle[] {
  const model = models.get(digest);
  return model ? judge(model) : [];
}
