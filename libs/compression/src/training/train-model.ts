import type { Skipped, TrainerOptions } from '#contracts';
import type { HostTensors } from '#inference';
import { type ModelProto, type Shapes } from '#onnx';
import type { PassContext } from '../pass.js';
import type { BatchPlan } from './batches/batch-plan.js';
import type { BatchSource, TrainingBatch } from './batches/batch-source.js';
import { estimateStatistics, useBatchStatistics } from './batches/batch-statistics.js';
import { inBatchesOf, inputsOf } from './batches/rows.js';
import type { CheckpointScope } from './checkpoint/checkpoint-scope.js';
import { freedForm } from './form/copied-form.js';
import type { TrainingForm } from './form/trainable.js';
import { tiedWarnings, untieMerged, type PartedTensors } from './form/untie.js';
import { ModelInTraining } from './model-in-training.js';
import type { Objective } from './objective.js';
import { curveSummary } from './training-curve.js';
import { TrainingRun, type CurvePoint, type WentOnFrom } from './training-run.js';
import { ValidationLoss } from './validation-loss.js';
import type { Warnings } from './warnings.js';

/** What is learned, and from which batches: all that tells a training on labels from one on a teacher's answers. */
export interface TrainingSetup {
  /** Shapes of the form's values on a batch, or on one part of it. */
  shapes: Shapes;
  /** How batches are divided: shapes and objective are for one part. */
  plan: BatchPlan;
  batchSize: number;
  objective: Objective;
  /** The same objective on batches of other shapes. */
  objectiveOn(shapes: Shapes): Objective;
  /** What the person should know. */
  warnings: readonly string[];
  /** The batches to learn from; a teacher may answer them all first, a generator is trained through the model. */
  begin(model: ModelInTraining): Promise<BatchSource>;
  /**
   * Batches held back to measure the loss on, unchanged and the same at each call; undefined where the options ask for
   * none.
   */
  heldOut(): Promise<(() => AsyncIterable<TrainingBatch>) | undefined>;
  /** Samples as the trained model will see them; null where those of an epoch are all there are. */
  seen: (() => AsyncIterable<HostTensors>) | null;
  /** Frees what answers the batches. */
  release(): Promise<void>;
}

export interface TrainModelRequest {
  /** Trained in place. */
  model: ModelProto;
  options: TrainerOptions & { keepZeros: 'auto' | 'always' | 'never' };
  context: PassContext;
  checkpoint: CheckpointScope;
  warnings: Warnings;
  /** Other weights to begin with than those of the file. */
  initialize?(form: TrainingForm): TrainingForm;
  /** Told from the form, which it may add to. Throws TrainingError when model and data do not go together. */
  prepare(form: TrainingForm): Promise<TrainingSetup>;
}

/** What a training came to. */
export interface TrainingResult {
  curve: CurvePoint[];
  /** Weights that were left as they are. */
  skipped: Skipped[];
  /** Figures for the report. */
  summary: Record<string, unknown>;
}

/** A training that is ready to run. */
interface Training {
  request: TrainModelRequest;
  form: TrainingForm;
  setup: TrainingSetup;
  model: ModelInTraining;
  source: BatchSource;
  validation: ValidationLoss | undefined;
}

/**
 * Trains a model, for whichever pass: its own tensors for its own parameters, floats for its integers, a step for its
 * objective, epochs of it, and the weights back into the file. Throws TrainingError, MissingGradientError and
 * DivergedError.
 */
export async function trainModel(request: TrainModelRequest): Promise<TrainingResult> {
  const untied = untie(request);
  const form = await takeForm(request);
  const setup = await prepareSetup(request, form);
  const training = await makeReady(request, form, setup);
  const ran = await runEpochs(training);
  training.model.store(request.model);
  await renewStatistics(training);
  await release(training);
  return resultOf(training, untied, ran);
}

/** Parameters that an exporter merged part again in the file itself: the form is a copy of it. */
function untie({ model, options, warnings }: TrainModelRequest): PartedTensors['untied'] {
  const merged = untieMerged(model, options.freeze);
  warnings.add(...tiedWarnings(merged));
  return merged.untied;
}

/** Statistics of the batch change what is observed, so they come before the shapes. */
async function takeForm({ model, options, initialize }: TrainModelRequest): Promise<TrainingForm> {
  const form = await freedForm(model, options);
  if (options.batchNorm === 'batch') useBatchStatistics(form.graph);
  return initialize ? initialize(form) : form;
}

/** What is learned may add to the form, an adapter say: what is trained is known only behind it. */
async function prepareSetup({ prepare, warnings }: TrainModelRequest, form: TrainingForm): Promise<TrainingSetup> {
  const setup = await prepare(form);
  warnings.add(...setup.warnings);
  return setup;
}

/** The step graph goes first: a generator reads where the weights lie in it. */
async function makeReady(request: TrainModelRequest, form: TrainingForm, setup: TrainingSetup): Promise<Training> {
  const { options, context } = request;
  const { threads } = context;
  const { shapes, objective, objectiveOn, plan, batchSize } = setup;
  const model = await ModelInTraining.create({ form, shapes, objective, options, threads, division: plan });
  context.log(
    `training ${model.size} parameters, ${model.keptZeros} of them zeros that stay, in batches of ${batchSize}`,
  );
  const source = await setup.begin(model);
  const batches = await setup.heldOut();
  const { layout } = model.trainer;
  const validation = batches && new ValidationLoss({ graph: form.graph, layout, objectiveOn, threads, batches });
  return { request, form, setup, model, source, validation };
}

/** What the epochs came to, the time that this process took for those that it ran, and what it went on from. */
interface Ran {
  curve: CurvePoint[];
  seconds: number;
  epochsRun: number;
  wentOnFrom: WentOnFrom | undefined;
}

async function runEpochs({
  request: { context, options, checkpoint, warnings },
  setup: { batchSize },
  model,
  source,
  validation,
}: Training): Promise<Ran> {
  const { progress, log } = context;
  const started = performance.now();
  const run = new TrainingRun({
    model,
    source,
    validation,
    batchSize,
    options,
    checkpoint,
    warnings,
    progress,
    log,
  });
  const curve = await run.train();
  return { curve, seconds: (performance.now() - started) / 1000, epochsRun: run.epochsRun, wentOnFrom: run.wentOnFrom };
}

/** Norms that went by the batch are given the statistics of the trained weights, in the file that holds them. */
async function renewStatistics({ request, form, setup, source }: Training): Promise<void> {
  const { model, options, context } = request;
  if (options.batchNorm !== 'batch') return;
  const seen = setup.seen?.() ?? inputsOf(source, options.epochs);
  await estimateStatistics(model, inBatchesOf(form.fileBatch, seen), context.threads);
}

async function release({ setup, model, source, validation }: Training): Promise<void> {
  await source.release();
  await validation?.release();
  await setup.release();
  await model.release();
}

function resultOf(
  { form, model, setup }: Training,
  untied: PartedTensors['untied'],
  { curve, seconds, epochsRun, wentOnFrom }: Ran,
) {
  const { plan, batchSize } = setup;
  const { step: steps } = model.trainer.state;
  return {
    curve,
    skipped: [...form.skipped, ...model.unread],
    summary: {
      parameters: model.size,
      keptZeros: model.keptZeros,
      weights: { ...model.weights, untied },
      epochsRun,
      ...(wentOnFrom ? { wentOnFrom } : {}),
      ...curveSummary(curve, { plan, steps, batchSize, seconds }),
    },
  };
}
