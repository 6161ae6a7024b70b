import { createHash } from 'node:crypto';
import { PASSES, optionsOfAnyLength, type DistillOptions } from '#contracts';
import { readModel, writeModel, type ModelProto } from '#onnx';
import type { Pass, PassContext, PassResult } from '../pass.js';
import { PassCheckpoint } from '../training/checkpoint/checkpoint-scope.js';
import { copiedForm } from '../training/form/copied-form.js';
import { startFromFloats } from '../training/form/start-from-floats.js';
import { trainModel, type TrainingResult } from '../training/train-model.js';
import { writeCurve } from '../training/training-curve.js';
import { Warnings } from '../training/warnings.js';
import { distillTrial } from './distill-trial.js';
import { checkCurrentFeatures, unknownFeatures } from './feature-names.js';
import { generatorObstacles } from './generator-obstacles.js';
import { prepareImitation } from './prepare-imitation.js';
import { deriveModel, relativeScale, type Derived } from './student/derive-model.js';
import { loadTeacher, studentModel, teacherModels, type TeacherModels } from './teacher/sources.js';
import { untrainableStudent } from './untrainable-student.js';

/**
 * Trains a model to give the answers of another. Zeros stay zero and integers stay on their grids: the model is trained
 * in floats behind simulated rounding and written back in its own storage.
 *
 *     teacher -> [assistant -> ...] -> student
 */
export const distillation: Omit<Pass<'distill'>, 'name'> = {
  preflight(model, options) {
    checkCurrentFeatures(options, model);
    return copiedForm(model, options).skipped;
  },

  obstacles: (model, options, models) => [
    ...untrainableStudent(model, options, models),
    ...unknownFeatures(options, model, models),
    ...generatorObstacles(options, model, models),
  ],

  trial: distillTrial,

  async run(context, options) {
    const current = writeModel(context.model);
    const teaching = teacherModels(options, context, current);
    const warnings = new Warnings(context.log);
    const run = runName(context, options, current, teaching);
    const checkpoint = new PassCheckpoint(run, options.assistants.length + 1, context, warnings);
    const distilling = { context, options, warnings, checkpoint };
    const assisted = await trainAssistants(distilling, teaching);
    const student = await studentModel(fromAssistant(options, assisted.scale), context, assisted.teaching.models[0]!);
    const taught = await teach(distilling, options.assistants.length, student.model, assisted.teaching);
    return {
      model: student.model,
      skipped: [...student.skipped, ...taught.skipped],
      files: await writeCurve(context, options, taught.curve),
      summary: summaryOf(taught, warnings, assisted, student),
    };
  },
};

/** What the trainings of a pass, one after the other, have in common. */
interface Distilling {
  context: PassContext;
  options: DistillOptions;
  warnings: Warnings;
  checkpoint: PassCheckpoint;
}

/** Who teaches once the assistants have learned. */
interface Assisted {
  teaching: TeacherModels;
  scale: DistillOptions['assistants'][number];
  summaries: Record<string, unknown>[];
}

/** Each assistant is cut from the one before it, learns from it, and teaches the next. */
async function trainAssistants(distilling: Distilling, teacher: TeacherModels): Promise<Assisted> {
  const { context, options } = distilling;
  const assisted: Assisted = { teaching: teacher, scale: { width: 1, depth: 1 }, summaries: [] };
  for (const [at, size] of options.assistants.entries()) {
    const { teaching, scale } = assisted;
    const { model } = await deriveModel(readModel(teaching.models[0]!), relativeScale(scale, size), context);
    context.log(
      `assistant ${at + 1} of ${options.assistants.length}: ${size.width} of the width, ${size.depth} of the depth`,
    );
    const { summary } = await teach(distilling, at, model, teaching);
    assisted.summaries.push({ ...size, ...summary });
    assisted.teaching = { models: [writeModel(model)], weights: [1] };
    assisted.scale = size;
  }
  return assisted;
}

/** Trains a model in place, as training `at` of the pass. */
function teach(
  { context, options, warnings, checkpoint }: Distilling,
  at: number,
  model: ModelProto,
  teaching: TeacherModels,
): Promise<TrainingResult> {
  const hidden = options.features.map((feature) => feature.teacher);
  const own = part(context, at, options);
  return trainModel({
    model,
    options,
    context: own,
    checkpoint: checkpoint.scope(at),
    warnings,
    // A student that was rounded from its teacher's weights begins at those.
    initialize: (form) => startFromFloats(form, () => readModel(teaching.models[0]!), options.keepZeros === 'always'),
    async prepare(form) {
      const teacher = await loadTeacher(teaching, context.threads, hidden);
      return prepareImitation({ form, teacher, teaching, context: own, options });
    },
  });
}

function summaryOf(
  { summary }: TrainingResult,
  warnings: Warnings,
  { summaries: assistants }: Assisted,
  { blocks, channels }: Derived,
): PassResult['summary'] {
  const taughtBy = assistants.length > 0 ? { assistants } : {};
  const cut = blocks || channels ? { cut: { blocks, channels } } : {};
  return { ...summary, ...warnings.summary, ...taughtBy, ...cut };
}

/** The context of one of the trainings, whose progress is a part of the pass's. */
function part(context: PassContext, at: number, { assistants }: DistillOptions): PassContext {
  if (assistants.length === 0) return context;
  const [trainings, whose] = [assistants.length + 1, at < assistants.length ? `assistant ${at + 1}` : 'student'];
  return {
    ...context,
    progress: (fraction, message, values) =>
      context.progress((at + fraction) / trainings, `${whose}: ${message ?? ''}`, values),
  };
}

/** A student that is cut from its teacher is cut from the last assistant, which is smaller already. */
function fromAssistant(options: DistillOptions, scale: { width: number; depth: number }): DistillOptions {
  const { student } = options;
  return typeof student === 'object' && 'width' in student
    ? { ...options, student: relativeScale(scale, student) }
    : options;
}

/** What is trained, in one digest: a checkpoint under another name belongs to another run. */
function runName(
  { seed, threads }: PassContext,
  options: DistillOptions,
  current: Uint8Array,
  teacher: TeacherModels,
): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([PASSES.distill.version, optionsOfAnyLength('distill', options) ?? options, seed, threads]))
    .update(current);
  for (const model of teacher.models) hash.update(model);
  return hash.digest('hex');
}
