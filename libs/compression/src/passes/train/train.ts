import { createHash } from 'node:crypto';
import type { Shapes } from '#autodiff';
import type { TrainOptions } from '#contracts';
import type { Dataset } from '#datasets';
import { writeModel, type ModelProto } from '#onnx';
import { checkAugment } from '../../training/batches/augment-obstacles.js';
import { Judge } from '../../training/judge.js';
import { inBatchesOf, splitInputs } from '../../training/batches/lesson.js';
import { PassCheckpoint } from '../../training/checkpoint/checkpoint-scope.js';
import { Student, freedForm, studentForm } from '../../training/student.js';
import { curveSummary, writeCurve } from '../../training/training-curve.js';
import { TrainingRun } from '../../training/training-run.js';
import { untrainable } from '../../training/untrainable.js';
import { Warnings } from '../../training/warnings.js';
import { epochSeed } from '../../training/batches/epoch-seed.js';
import type { Pass, PassContext } from '../../pass.js';
import { estimateStatistics, useBatchStatistics } from '../../training/batches/batch-statistics.js';
import { TrainingError } from '../../training/errors.js';
import { fixedBatch } from '../../training/batches/flexible-batch.js';
import { trialProblem } from '../../training/trial.js';
import { batchProblem, trainingBatch } from '../../training/batches/training-batch.js';
import { planFromBatch } from '../../training/batches/batch-plan.js';
import { tiedWarnings, untieMerged } from '../../training/form/untie.js';
import type { TrainingForm } from '../../training/form/trainable.js';
import { heldLessons, labelLessons } from '../../training/label-lessons.js';
import { labelTask } from '../../training/label-task.js';
import { reinitialized } from '../../training/reinitialize.js';

/**
 * Trains the stage's model on the labels of the train split, from its own weights or from fresh ones:
 *
 *     architecture -> weights drawn from the seed -> epochs of cross-entropy or squared error -> the same nodes, trained
 */
export const train: Pass<'train'> = {
  name: 'train',

  preflight: (model, options) => studentForm(model, options).skipped,

  obstacles: (model, options) => untrainable(model, options, ''),

  async trial(model, options, { data }) {
    const form = await freedForm(model, options);
    if (options.batchNorm === 'batch') useBatchStatistics(form.graph);
    const labels = { classes: data?.classes ?? null, targetDims: data?.targets ?? null };
    const taskOn = (shapes: Shapes) => ({
      task: labelTask({ graph: form.graph, shapes, data: labels, options }),
      shapes,
    });
    const problem = batchProblem(form.graph, options, data) ?? (await trialProblem({ model, form, taskOn }));
    return problem === null ? [] : [{ field: '', message: problem }];
  },

  async run(context, options) {
    const { model, seed, threads, progress, log } = context;
    const { data, held } = trainSplit(context, options);
    const warnings = new Warnings(log);
    const run = runName(model, context, options);
    const merged = untieMerged(model, options.freeze);
    warnings.add(...tiedWarnings(merged));
    const form = await startingForm(model, options, seed);
    checkAugment(form.graph, options.augment);
    const { batchSize, warnings: said } = trainingBatch(form.graph, options.batchSize, data.sampleCount('train'));
    warnings.add(...said);
    const inputNames = form.graph.inputs.map(({ name }) => name);
    const { plan, shapes } = await planFromBatch(form.graph, await firstInputs(data, inputNames, batchSize), context);
    const taskOn = (on: Shapes) => labelTask({ graph: form.graph, shapes: on, data, options });
    const task = taskOn(shapes);
    const student = await Student.create({
      form,
      shapes,
      task,
      options: { ...options, keepZeros: zerosOf(options) },
      threads,
      division: plan,
    });
    log(
      `training ${student.size} parameters, ${student.keptZeros} of them zeros that stay, in batches of ${batchSize}`,
    );
    const curriculum = labelLessons({ data, inputNames, batchSize, options, seed });
    const heldBatch = { batchSize: plan.partSize, fixed: fixedBatch(form.graph) !== null };
    const judge =
      held &&
      new Judge({
        graph: form.graph,
        layout: student.trainer.layout,
        taskOn,
        threads,
        lessons: () => heldLessons({ data: held, inputNames, options, seed, ...heldBatch }),
      });
    const checkpoint = new PassCheckpoint(run, 1, context, warnings);
    const started = performance.now();
    const curve = await new TrainingRun({
      student,
      curriculum,
      judge,
      batchSize,
      options,
      checkpoint: checkpoint.scope(0),
      warnings,
      progress,
      log,
    }).train();
    const seconds = (performance.now() - started) / 1000;
    student.store(model);
    const order = { batchSize, shuffleSeed: epochSeed(seed, options.epochs) };
    if (options.batchNorm === 'batch')
      await estimateStatistics(model, inBatchesOf(form.fileBatch, splitInputs(data, inputNames, order)), threads);
    await judge?.release();
    await student.release();
    return {
      model,
      skipped: [...form.skipped, ...student.unread],
      files: await writeCurve(context, options, curve),
      summary: {
        parameters: student.size,
        keptZeros: student.keptZeros,
        weights: { ...student.weights, untied: merged.untied },
        ...curveSummary(curve, { plan, steps: student.trainer.state.step, batchSize, seconds }),
        ...warnings.summary,
      },
    };
  },
};

/** The samples to learn from and, where the options ask for it, those held back. */
function trainSplit(
  { data, seed }: PassContext,
  { loss, augment, earlyStopping }: TrainOptions,
): { data: Dataset; held?: Dataset } {
  if (!data?.hasSplit('train')) throw new TrainingError('train needs a data set with a train split and labels');
  if (loss === 'mse' && data.targetDims?.length === 3 && (augment.shift > 0 || augment.flip || augment.cutout > 0)) {
    throw new TrainingError(
      'labels that are images would be moved apart from their samples: leave shift, flip and cutout out',
    );
  }
  if (!earlyStopping) return { data };
  const { train: rest, held } = data.holdOut(earlyStopping.share, seed);
  return { data: rest, held };
}

async function startingForm(model: ModelProto, options: TrainOptions, seed: number): Promise<TrainingForm> {
  const { initialWeights, keepZeros } = options;
  const form = await freedForm(model, options);
  if (options.batchNorm === 'batch') useBatchStatistics(form.graph);
  return initialWeights === 'keep' ? form : reinitialized(form, initialWeights, seed, keepZeros === 'always');
}

/** Zeros that were drawn are a beginning, not sparsity. */
function zerosOf({ initialWeights, keepZeros }: TrainOptions): TrainOptions['keepZeros'] {
  return initialWeights === 'keep' || keepZeros === 'always' ? keepZeros : 'never';
}

async function firstInputs(data: Dataset, names: readonly string[], batchSize: number) {
  const first = await data.bindInputs(names).batches('train', { batchSize, limit: batchSize }).next();
  if (!first.value) throw new TrainingError('the train split holds no sample');
  return first.value.inputs;
}

/** What is trained, in one digest: a checkpoint under another name belongs to another run. */
function runName(model: ModelProto, { seed, threads }: PassContext, options: TrainOptions): string {
  return createHash('sha256')
    .update(JSON.stringify([options, seed, threads]))
    .update(writeModel(model))
    .digest('hex');
}
