import type { DistillOptions } from '#contracts';
import { readModel, type ModelProto } from '#onnx';
import type { PassContext } from '../../pass.js';
import { TrainingError } from '../../training/errors.js';
import { deriveModel, type Derived } from '../student/derive-model.js';
import { Ensemble } from './ensemble.js';
import { ModelTeacher, type Teacher } from './teacher.js';

/** The models that teach, as files, and the say of each. */
export interface TeacherModels {
  models: readonly Uint8Array[];
  weights: readonly number[];
}

const alone = (model: Uint8Array): TeacherModels => ({ models: [model], weights: [1] });

/** The teacher that the options name. Throws TrainingError for a model that the stage was not given. */
export function teacherModels({ teacher }: DistillOptions, context: PassContext, current: Uint8Array): TeacherModels {
  if (teacher === 'original') return alone(context.baseline);
  if (teacher === 'current') return alone(current);
  if (teacher === 'previous') return alone(context.history.at(-2) ?? context.baseline);
  if ('model' in teacher) return alone(storedModel(context, teacher.model));
  const models = teacher.models.map((digest) => storedModel(context, digest));
  return { models, weights: teacher.weights ?? teacher.models.map(() => 1) };
}

/**
 * `hidden` names values of a single teacher's graph to answer with as well. Throws TrainingError for those of several
 * teachers.
 */
export async function loadTeacher(
  { models, weights }: TeacherModels,
  threads: number,
  hidden: readonly string[] = [],
): Promise<Teacher> {
  if (models.length === 1) return ModelTeacher.load(models[0]!, threads, hidden);
  if (hidden.length > 0)
    throw new TrainingError(
      'features are hidden values of one teacher, and an ensemble has several: leave features out, or name one teacher',
    );
  return Ensemble.load(models, weights, threads);
}

/** The model that learns: the stage's own, one of the store, or one cut from the teacher. */
export async function studentModel(
  { student }: DistillOptions,
  context: PassContext,
  teacher: Uint8Array,
): Promise<Derived> {
  if (student === 'current') return whole(context.model);
  if ('model' in student) return whole(readModel(storedModel(context, student.model)));
  return deriveModel(readModel(teacher), student, context);
}

function whole(model: ModelProto): Derived {
  return { model, skipped: [], blocks: null, channels: null };
}

function storedModel({ models }: PassContext, digest: string): Uint8Array {
  const model = models?.get(digest);
  if (!model)
    throw new TrainingError(
      `the stage was not given model ${digest}: ` +
        "it must be in the store, and the pass's descriptor must say that it is read",
    );
  return model;
}
