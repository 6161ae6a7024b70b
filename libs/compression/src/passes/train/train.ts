import { createHash } from 'node:crypto';
import { PASSES, optionsOfAnyLength, type TrainOptions } from '#contracts';
import type { Dataset } from '#datasets';
import { readModel, writeModel, type ModelProto, type Shapes } from '#onnx';
import type { EarlierPass, Obstacle, Pass, PassContext } from '../../pass.js';
import { checkAugment } from '../../training/batches/augment-obstacles.js';
import { planFromBatch } from '../../training/batches/batch-plan.js';
import { batchProblem, chooseBatchSize } from '../../training/batches/batch-size.js';
import { useBatchStatistics } from '../../training/batches/batch-statistics.js';
import { epochSeed } from '../../training/batches/epoch-seed.js';
import { fixedBatch } from '../../training/batches/flexible-batch.js';
import { splitInputs } from '../../training/batches/rows.js';
import { PassCheckpoint } from '../../training/checkpoint/checkpoint-scope.js';
import { TrainingError } from '../../training/errors.js';
import { copiedForm, freedForm } from '../../training/form/copied-form.js';
import { startFromFloats } from '../../training/form/start-from-floats.js';
import type { TrainingForm } from '../../training/form/trainable.js';
import { heldOutBatches, labelBatches } from '../../training/label-batches.js';
import { labelObjective } from '../../training/label-objective.js';
import { undrawnReason, reinitialized, undrawable } from '../../training/reinitialize.js';
import { trainModel, type TrainModelRequest, type TrainingSetup } from '../../training/train-model.js';
import { writeCurve } from '../../training/training-curve.js';
import { trialProblem } from '../../training/trial.js';
import { untrainable } from '../../training/untrainable.js';
import { Warnings } from '../../training/warnings.js';

/**
 * Trains the stage's model on the labels of the train split, from its own weights or from fresh ones:
 *
 *     architecture -> weights drawn from the seed -> epochs of cross-entropy or squared error
 *     -> the same nodes, trained
 */
export const trainPass: Pass<'train'> = {
  name: 'train',

  preflight: (model, options) => copiedForm(model, options).skipped,

  obstacles: (model, options) => [...untrainable(model, options, ''), ...undrawn(model, options)],

  behind: ({ initialWeights }, earlier) =>
    initialWeights !== 'keep' && earlier.some(storesIntegers)
      ? [
          {
            field: 'initialWeights',
            message: undrawnReason('a weight that an earlier pass quantizes is stored as integers'),
          },
        ]
      : [],

  async trial(model, options, { data }) {
    const form = await freedForm(model, options);
    if (options.batchNorm === 'batch') useBatchStatistics(form.graph);
    const labels = { classes: data?.classes ?? null, targetDims: data?.targets ?? null };
    const { graph } = form;
    const objectiveOn = (shapes: Shapes) => {
      const objective = labelObjective({ graph, shapes, data: labels, options });
      return { objective, shapes };
    };
    const problem = batchProblem(form.graph, options, data) ?? (await trialProblem({ model, form, objectiveOn }));
    return problem === null ? [] : [{ field: '', message: problem }];
  },

  async run(context, options) {
    const { model } = context;
    const split = trainSplit(context, options);
    const warnings = new Warnings(context.log);
    const checkpoint = new PassCheckpoint(runName(model, context, options), 1, context, warnings);
    const { curve, skipped, summary } = await trainModel({
      model,
      options: { ...options, keepZeros: zerosOf(options) },
      context,
      checkpoint: checkpoint.scope(0),
      warnings,
      initialize: initializer(options, context),
      prepare: (form) => prepareLabels(form, split, context, options),
    });
    const files = await writeCurve(context, options, curve);
    return { model, skipped, files, summary: { ...summary, ...warnings.summary } };
  },
};

/** Fresh weights fit no grid that is there already. */
function undrawn(model: ModelProto, options: TrainOptions): Obstacle[] {
  const message = options.initialWeights === 'keep' ? null : undrawable(copiedForm(model, options));
  return message === null ? [] : [{ field: 'initialWeights', message }];
}

function storesIntegers({ pass, options }: EarlierPass): boolean {
  return pass === 'quantize' && PASSES.quantize.options.parse(options).scheme !== 'float16';
}

/** To be right about the labels of the train split, told from its first batch. */
async function prepareLabels(
  form: TrainingForm,
  { data, held }: Split,
  context: PassContext,
  options: TrainOptions,
): Promise<TrainingSetup> {
  const { graph } = form;
  const { seed } = context;
  checkAugment(graph, options.augment);
  const { batchSize, warnings } = chooseBatchSize(graph, options.batchSize, data.sampleCount('train'));
  const inputNames = graph.inputs.map(({ name }) => name);
  const { plan, shapes } = await planFromBatch(graph, await firstInputs(data, inputNames, batchSize), context);
  const objectiveOn = (on: Shapes) => labelObjective({ graph, shapes: on, data, options });
  const source = { inputNames, options, seed };
  const heldBatch = { batchSize: plan.partSize, fixed: fixedBatch(graph) !== null };
  const order = { batchSize, shuffleSeed: epochSeed(seed, options.epochs) };
  return {
    shapes,
    plan,
    batchSize,
    objective: objectiveOn(shapes),
    objectiveOn,
    warnings,
    begin: async () => labelBatches({ ...source, data, batchSize }),
    heldOut: async () => held && (() => heldOutBatches({ ...source, ...heldBatch, data: held })),
    seen: () => splitInputs(data, inputNames, order),
    release: async () => undefined,
  };
}

/** The samples to learn from and, where the options ask for it, those held back. */
interface Split {
  data: Dataset;
  held?: Dataset;
}

function trainSplit({ data, seed }: PassContext, { loss, augment, earlyStopping }: TrainOptions): Split {
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

/** The weights that training begins with, where they are not those of the file. */
function initializer(
  { initialWeights, keepZeros }: TrainOptions,
  { seed, baseline }: PassContext,
): NonNullable<TrainModelRequest['initialize']> {
  const zerosStay = keepZeros === 'always';
  if (initialWeights === 'keep') return (form) => startFromFloats(form, () => readModel(baseline), zerosStay);
  return (form) => reinitialized(form, initialWeights, seed, zerosStay);
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
    .update(JSON.stringify([PASSES.train.version, optionsOfAnyLength('train', options) ?? options, seed, threads]))
    .update(writeModel(model))
    .digest('hex');
}
