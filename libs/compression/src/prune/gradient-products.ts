import { STEP, buildTrainingStep, meanSquaredError, softmaxCrossEntropy, type ExtraInput, type Optimizer, type TrainingStep } from '#autodiff';
import type { Batch } from '#datasets';
import type { HostTensors } from '#inference';
import { DataType, ownName, type Graph } from '#onnx';
import { outputName, reachable, studentForm } from '../train/student.js';
import { storedName } from '../train/release.js';
import { observeTrainingShapes } from '../train/observe.js';
import { DivergedError } from '../train/errors.js';
import { Trainer } from '../train/trainer.js';
import type { Trainable } from '../train/trainable.js';
import { batchSizeFor } from '../quantize/calibration-data.js';
import { PruneInputError } from './errors.js';
import type { ImportanceContext } from './importance.js';

/** Softens the logits: a trained net is sure of nearly every sample, and its loss would ask the few others alone. */
const TEMPERATURE = 4;
const LABELS = ownName('prune:labels');
const ZERO = ownName('prune:zero');

/** Hands the gradient out where an optimizer would hand out the new weights. */
const gradientOnly: Optimizer = { state: [], update: (_, { gradient }) => ({ weights: gradient, state: {} }) };

/** Per element of each weight, by the name of the stored tensor: w · dL/dw of one sample. */
export type Products = ReadonlyMap<string, Float64Array>;

/**
 * Visits w · dL/dw of every trainable weight on one sample of the train split after the other, since in the mean gradient of a batch what
 * single samples need cancels out; a model that fixes its batch gets batches of that size. The loss is cross-entropy where there are
 * labels, else the energy of the output. The arrays are used again for the next sample. Throws PruneInputError without a train split.
 */
export async function visitProducts({ graph, options, data, threads, seed }: Omit<ImportanceContext, 'dependencies'>, visit: (products: Products) => void): Promise<void> {
  if (!data?.hasSplit('train')) throw new PruneInputError(`importance "${options.importance}"`, 'a data set with a train split');
  const bound = data.bindInputs(graph.inputs.map(({ name }) => name));
  const declared = batchSizeFor(graph, bound);
  const batchSize = declared.isFixed ? declared.batchSize : 1;
  const batches = () => bound.batches('train', { batchSize, limit: Math.max(batchSize, options.samples), dropLast: true, shuffleSeed: seed });
  const { value: first } = await batches().next();
  if (!first) throw new PruneInputError(`importance "${options.importance}"`, 'at least one sample in the train split');
  const { step, trainables } = await gradientStep(graph, first);
  const weights = step.layout.pack(new Map(trainables.map(({ name, values }) => [name, values])));
  const all = new Float64Array(step.layout.size);
  const products = new Map(step.layout.slots.map(({ name, offset, size }) => [storedName(name), all.subarray(offset, offset + size)]));
  const trainer = await Trainer.create(step, { weights, mask: new Float32Array(step.layout.size).fill(1) }, threads);
  for await (const batch of batches()) {
    await gradientOf(trainer, batch, options.importance);
    const gradient = trainer.currentWeights;
    for (let i = 0; i < all.length; i++) all[i] = weights[i]! * gradient[i]!;
    visit(products);
    trainer.state.vectors.set(STEP.weights, weights);
  }
  await trainer.release();
}

/** Throws PruneInputError when the loss or the gradient of a weight is not finite: a score of such would be none. */
async function gradientOf(trainer: Trainer, batch: Batch, importance: string): Promise<void> {
  try {
    await trainer.run(feedsOf(batch), 0);
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    const what = error.what.replace('the weight', 'the gradient of the weight');
    throw new PruneInputError(`importance "${importance}"`, `finite gradients, and ${what} is not finite on a sample of the train split: choose an importance that reads no gradients, such as "l2"`);
  }
}

async function gradientStep(graph: Graph, batch: Batch): Promise<{ step: TrainingStep; trainables: Trainable[] }> {
  const form = studentForm(graph.model);
  const shapes = await observeTrainingShapes(form.graph, batch.inputs);
  const output = outputName(form.graph);
  const dims = shapes.get(output)!;
  const trainables = reachable(form, output).filter(({ isMatrix }) => isMatrix);
  const classes = batch.labels && dims.length === 2 ? dims[1]! : null;
  const extraInputs: ExtraInput[] = classes === null ? [{ name: ZERO, dims: [], type: DataType.FLOAT }] : [{ name: LABELS, dims: [batch.size], type: DataType.INT64 }];
  const step = buildTrainingStep({
    graph: form.graph,
    shapes: new Map([...shapes, [LABELS, [batch.size]], [ZERO, []]]),
    parameters: trainables.map(({ name }) => name),
    extraInputs,
    loss(g) {
      const term = classes === null ? meanSquaredError(g, output, ZERO, dims) : softmaxCrossEntropy(g, g.scale(output, 1 / TEMPERATURE), LABELS, [batch.size, classes]);
      return { terms: { loss: term.value }, seeds: new Map([[output, term.gradient]]) };
    },
    optimizer: gradientOnly,
  });
  return { step, trainables };
}

function feedsOf({ inputs, labels, size }: Batch): HostTensors {
  const extra: HostTensors = labels ? { [LABELS]: { type: 'int64', dims: [size], data: BigInt64Array.from(labels, BigInt) } } : { [ZERO]: { type: 'float32', dims: [], data: new Float32Array(1) } };
  return { ...inputs, ...extra };
}
