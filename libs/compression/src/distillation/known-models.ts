import type { DistillOptions } from '#contracts';
import type { ModelProto } from '#onnx';

/** The models of a distillation as far as they are known before any pass has run. */
export interface KnownModels {
  /** Who teaches, one or several; undefined where a model of the store is not at hand. */
  teachers: readonly ModelProto[] | undefined;
  /** Who learns: a student that is cut from its teacher is seen as the teacher. */
  student: ModelProto | undefined;
}

/** Whatever an earlier pass makes of the job's model, it stands for what the pass will see. */
export function knownModels(
  { teacher, student }: DistillOptions,
  model: ModelProto,
  models: ReadonlyMap<string, ModelProto>,
): KnownModels {
  const digests = typeof teacher === 'string' ? null : 'model' in teacher ? [teacher.model] : teacher.models;
  const found = digests?.flatMap((digest) => models.get(digest) ?? []);
  const teachers = digests === null ? [model] : found?.length === digests.length ? found : undefined;
  if (student === 'current') return { teachers, student: model };
  return { teachers, student: 'model' in student ? models.get(student.model) : teachers?.[0] };
}
