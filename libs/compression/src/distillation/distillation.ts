import { createHash } from 'node:crypto';
import type { DistillOptions } from '#contracts';
import { readModel, writeModel, type ModelProto } from '#onnx';
import type { Obstacle, Pass, PassContext } from '../pass.js';
import type { BatchPlan } from '../training/batches/batch-plan.js';
import { estimateStatistics, useBatchStatistics } from '../training/batches/batch-statistics.js';
import { generatorObstacles } from './generator-obstacles.js';
import { PassCheckpoint, type CheckpointScope } from '../training/checkpoint/checkpoint-scope.js';
import { distillTrial } from './distill-trial.js';
import { deriveModel, relativeScale } from './student/derive-model.js';
import { checkCurrentFeatures, unknownFeatures } from './feature-names.js';
import { Judge } from '../training/judge.js';
import { inBatchesOf, lessonInputs } from '../training/batches/lesson.js';
import { prepareLessons } from './prepare-lessons.js';
import { loadTeacher, studentModel, teacherModels, type TeacherModels } from './teacher/sources.js';
import { Student, freedForm, studentForm } from '../training/student.js';
import { curveSummary, writeCurve } from '../training/training-curve.js';
import { TrainingRun, type CurvePoint } from '../training/training-run.js';
import { tiedWarnings, untieMerged, type Untied } from '../training/form/untie.js';
import { untrainable } from '../training/untrainable.js';
import { Warnings } from '../training/warnings.js';

/**
 * Trains a model to give the answers of another. Zeros stay zero and integers stay on their grids: the model is trained in
 * floats behind simulated rounding and written back in its own storage.
 *
 *     teacher -> [assistant -> ...] -> student
 */
export const distillation: Omit<Pass<'distill'>, 'name'> = {
  preflight(model, options) {
    checkCurrentFeatures(options, model);
    return studentForm(model, options).skipped;
  },

  obstacles: (model, options, models) => [
    ...untrainableStudent(model, options, models),
    ...unknownFeatures(options, model, models),
    ...generatorObstacles(options, model, models),
  ],

  trial: distillTrial,

  async run(context, options) {
    const current = writeModel(context.model);
    let teacher = teacherModels(options, context, current);
    const warnings = new Warnings(context.log);
    const checkpoint = new PassCheckpoint(
      runName(context, options, current, teacher),
      options.assistants.length + 1,
      context,
      warnings,
    );
    let scale = { width: 1, depth: 1 };
    const assistants: Record<string, unknown>[] = [];
    for (const [at, size] of options.assistants.entries()) {
      const { model: assistant } = await deriveModel(
        readModel(teacher.models[0]!),
        relativeScale(scale, size),
        context,
      );
      context.log(
        `assistant ${at + 1} of ${options.assistants.length}: ${size.width} of the width, ${size.depth} of the depth`,
      );
      const taught = await teach(
        assistant,
        teacher,
        part(context, at, options),
        options,
        checkpoint.scope(at),
        warnings,
      );
      assistants.push({ ...size, ...summaryOf(taught) });
      teacher = { models: [writeModel(assistant)], weights: [1] };
      scale = size;
    }
    const {
      model: student,
      skipped,
      blocks,
      channels,
    } = await studentModel(fromAssistant(options, scale), context, teacher.models[0]!);
    const taught = await teach(
      student,
      teacher,
      part(context, options.assistants.length, options),
      options,
      checkpoint.scope(options.assistants.length),
      warnings,
    );
    const summary = {
      ...summaryOf(taught),
      ...warnings.summary,
      ...(assistants.length > 0 ? { assistants } : {}),
      ...(blocks || channels ? { cut: { blocks, channels } } : {}),
    };
    return {
      model: student,
      skipped: [...skipped, ...taught.student.form.skipped, ...taught.student.unread],
      files: await writeCurve(context, options, taught.curve),
      summary,
    };
  },
};

/** What keeps the student, where it is known before the run, from being trained. */
function untrainableStudent(
  model: ModelProto,
  options: DistillOptions,
  models: ReadonlyMap<string, ModelProto>,
): Obstacle[] {
  const { student, teacher } = options;
  if (student === 'current') return untrainable(model, options, '');
  if ('model' in student)
    return within(models, student.model, (stored) => untrainable(stored, options, 'student.model'));
  if (typeof teacher === 'string') return untrainable(model, options, 'student');
  return within(models, 'model' in teacher ? teacher.model : teacher.models[0]!, (stored) =>
    untrainable(stored, options, 'student'),
  );
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

interface Taught {
  student: Student;
  untied: Untied['untied'];
  curve: CurvePoint[];
  seconds: number;
  batchSize: number;
  plan: BatchPlan;
}

/** Trains a model in place. */
async function teach(
  model: ModelProto,
  teaching: TeacherModels,
  context: PassContext,
  options: DistillOptions,
  checkpoint: CheckpointScope,
  warnings: Warnings,
): Promise<Taught> {
  const merged = untieMerged(model, options.freeze);
  warnings.add(...tiedWarnings(merged));
  const form = await freedForm(model, options);
  if (options.batchNorm === 'batch') useBatchStatistics(form.graph);
  const teacher = await loadTeacher(
    teaching,
    context.threads,
    options.features.map((feature) => feature.teacher),
  );
  const {
    shapes,
    plan,
    task,
    taskOn,
    batchSize,
    seen,
    warnings: said,
    begin,
    held,
  } = await prepareLessons({ form, teacher, teaching, context, options });
  warnings.add(...said);
  const student = await Student.create({ form, shapes, task, options, threads: context.threads, division: plan });
  context.log(
    `training ${student.size} parameters, ${student.keptZeros} of them zeros that stay, in batches of ${batchSize}`,
  );
  const [curriculum, validation] = [await begin(student), await held()];
  const judge =
    validation &&
    new Judge({
      graph: student.form.graph,
      layout: student.trainer.layout,
      taskOn,
      threads: context.threads,
      lessons: () => validation.lessons(0),
    });
  const started = performance.now();
  const curve = await new TrainingRun({
    student,
    curriculum,
    judge,
    batchSize,
    options,
    checkpoint,
    warnings,
    progress: context.progress,
    log: context.log,
  }).train();
  student.store(model);
  if (options.batchNorm === 'batch')
    await estimateStatistics(
      model,
      inBatchesOf(form.fileBatch, seen?.() ?? lessonInputs(curriculum, options.epochs)),
      context.threads,
    );
  await curriculum.release();
  await judge?.release();
  await validation?.release();
  await teacher.release();
  await student.release();
  return { student, untied: merged.untied, curve, seconds: (performance.now() - started) / 1000, batchSize, plan };
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
    .update(JSON.stringify([options, seed, threads]))
    .update(current);
  for (const model of teacher.models) hash.update(model);
  return hash.digest('hex');
}

function summaryOf({ student, untied, curve, seconds, batchSize, plan }: Taught): Record<string, unknown> {
  return {
    parameters: student.size,
    keptZeros: student.keptZeros,
    weights: { ...student.weights, untied },
    ...curveSummary(curve, { plan, steps: student.trainer.state.step, batchSize, seconds }),
  };
}
