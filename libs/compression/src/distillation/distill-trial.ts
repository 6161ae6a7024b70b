import type { DistillOptions } from '#contracts';
import type { HostTensors } from '#inference';
import { writeModel, type ModelProto, type Shapes } from '#onnx';
import type { Known, Obstacle } from '../pass.js';
import { useBatchStatistics } from '../training/batches/batch-statistics.js';
import { freedForm } from '../training/form/copied-form.js';
import { differentiableOutputs } from '../training/form/reachable.js';
import type { TrainingForm } from '../training/form/trainable.js';
import { batchProblem } from '../training/batches/batch-size.js';
import { trialProblem, type Learning } from '../training/trial.js';
import { attachFeatures } from './features.js';
import { imitation } from './imitation.js';
import { knownModels } from './known-models.js';
import { pairOutputs } from './outputs.js';
import { throughSoftmax } from './teacher/probabilities.js';
import { loadTeacher } from './teacher/sources.js';
import { inputsFor } from './teacher/teacher.js';

/** What keeps teacher and student, as far as they are known before the run, from a first step together. */
export async function distillTrial(
  model: ModelProto,
  options: DistillOptions,
  { models, data }: Known,
): Promise<Obstacle[]> {
  const { teachers, student } = knownModels(options, model, models);
  if (!teachers || !student) return [];
  const form = await freedForm(student, options);
  if (options.batchNorm === 'batch') useBatchStatistics(form.graph);
  const samples = options.method === 'generative' ? null : data;
  const classes = samples ? samples.classes : undefined;
  const objectiveOn = (shapes: Shapes, inputs: HostTensors) =>
    firstStep({ form, teachers, shapes, inputs, classes, options });
  const problem =
    batchProblem(form.graph, options, samples) ?? (await trialProblem({ model: student, form, objectiveOn }));
  if (problem === null) return [];
  const isStored = typeof options.student === 'object' && 'model' in options.student;
  return [{ field: isStored ? 'student.model' : '', message: problem }];
}

interface FirstStep {
  form: TrainingForm;
  teachers: readonly ModelProto[];
  shapes: Shapes;
  inputs: HostTensors;
  classes: number | null | undefined;
  options: DistillOptions;
}

async function firstStep({ form, teachers, shapes, inputs, classes, options }: FirstStep): Promise<Learning> {
  const models = { models: teachers.map(writeModel), weights: teachers.map(() => 1) };
  const hidden = options.features.map((feature) => feature.teacher);
  const teacher = await loadTeacher(models, 1, hidden);
  try {
    const answers = await teacher.answer(inputsFor(teacher.inputNames, inputs));
    const { outputs } = differentiableOutputs(form);
    const compared = pairOutputs({ outputs, shapes, answers, classes, kinds: options.outputs });
    const pairs = throughSoftmax(form.graph, compared, answers);
    const { features, shapes: all } = attachFeatures(form, shapes, answers, options.features, 0);
    return { objective: imitation(pairs, false, options, features), shapes: all };
  } finally {
    await teacher.release();
  }
}
