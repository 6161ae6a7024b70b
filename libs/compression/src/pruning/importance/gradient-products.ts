import { buildGradientStep, lossOf, meanSquaredError, softmaxCrossEntropy, type GradientStep } from '#autodiff';
import type { Batch } from '#datasets';
import type { HostTensors } from '#inference';
import { DataType, ownName, known } from '#onnx';
import { fixedBatch } from '../../training/batches/flexible-batch.js';
import { freedForm } from '../../training/form/copied-form.js';
import { differentiableOutputs, reachable } from '../../training/form/reachable.js';
import { storedName } from '../../training/form/shadow-name.js';
import { observeTrainingShapes } from '../../training/observe.js';
import { classLabels } from '../../training/batches/labels.js';
import { WholeRunner } from '../../training/parallel/gradient-runner.js';
import { lossesOf, type StepLosses } from '../../training/trainer.js';
import type { Trainable, TrainingForm } from '../../training/form/trainable.js';
import { PruneInputError } from '../errors.js';
import type { ImportanceContext } from './importance.js';

/** Softens the logits: a trained net is sure of nearly every sample, and its loss would ask the few others alone. */
const TEMPERATURE = 4;
const LABELS = ownName('prune:labels');
const ZERO = ownName('prune:zero');

/** Per element of each weight, by the name of the stored tensor: w · dL/dw of one sample. */
export type Products = ReadonlyMap<string, Float64Array>;

/**
 * Visits w · dL/dw of every trainable weight on one sample of the train split after the other, since in the mean
 * gradient of a batch what single samples need cancels out; a model whose batch is fixed and cannot be freed gets
 * batches of that size. The loss is the cross-entropy of the output [batch, classes] where there are labels, and the
 * energy of every other output of floats. The arrays are used again for the next sample. Throws PruneInputError without
 * a train split, or with less than a batch in it.
 */
export async function visitProducts(
  { graph, options, data, threads, seed, work }: Omit<ImportanceContext, 'dependencies'>,
  visit: (products: Products) => void,
): Promise<void> {
  const option = `importance "${options.importance}"`;
  if (!data?.hasSplit('train')) throw new PruneInputError(option, 'a data set with a train split');
  const form = await freedForm(graph.model);
  const batchSize = fixedBatch(form.graph) ?? 1;
  const bound = data.bindInputs(form.graph.inputs.map(({ name }) => name));
  const limit = Math.max(batchSize, options.samples);
  const batches = () => bound.batches('train', { batchSize, limit, dropLast: true, shuffleSeed: seed });
  const { value: first } = await batches().next();
  if (!first)
    throw new PruneInputError(
      option,
      `a train split of ${batchSize} samples or more, which the model takes at once: export it with a dynamic ` +
        'batch, or use a larger split',
    );
  const { step, trainables, feeds } = await gradientStep(form, first, data.classes);
  const starts = trainables.map(({ name, values }) => [name, values] as const);
  const weights = step.layout.pack(new Map(starts));
  const all = new Float64Array(step.layout.size);
  const partOf = (offset: number, size: number) => all.subarray(offset, offset + size);
  const products = new Map(step.layout.slots.map(({ name, offset, size }) => [storedName(name), partOf(offset, size)]));
  const runner = await WholeRunner.create(step, threads);
  const gradient = new Float32Array(step.layout.size);
  const tell = work?.walk(Math.min(limit, bound.sampleCount('train')), 'sample');
  let done = 0;
  for await (const batch of batches()) {
    const losses = lossesOf(step, await runner.run(feeds(batch), weights, gradient));
    checkFinite(step, losses, gradient, option);
    for (let i = 0; i < all.length; i++) all[i] = weights[i]! * gradient[i]!;
    visit(products);
    tell?.((done += batch.size));
  }
  await runner.release();
}

/** Throws PruneInputError when the loss or the gradient of a weight is not finite: a score of such would be none. */
function checkFinite({ layout }: GradientStep, losses: StepLosses, gradient: Float32Array, option: string): void {
  const slot = [...layout.unpack(gradient)].find(([, values]) => !values.every(Number.isFinite));
  const isLossFinite = Object.values(losses).every(Number.isFinite);
  if (isLossFinite && !slot) return;
  const what = isLossFinite ? `the gradient of the weight "${slot?.[0]}"` : 'the loss';
  throw new PruneInputError(
    option,
    `finite gradients, and ${what} is not finite on a sample of the train split: choose an importance that ` +
      'reads no gradients, such as "l2"',
  );
}

/** The step that gives the gradient, and what it reads of a batch. */
interface SampleGradient {
  step: GradientStep;
  trainables: Trainable[];
  feeds(batch: Batch): HostTensors;
}

async function gradientStep(
  form: TrainingForm,
  { inputs, size }: Batch,
  classes: number | null,
): Promise<SampleGradient> {
  const shapes = await observeTrainingShapes(form.graph, inputs);
  const { outputs } = differentiableOutputs(form);
  const isLabelled = (dims: readonly number[]) => dims.length === 2 && dims[1] === classes;
  const labelled = classes === null ? undefined : outputs.find((output) => isLabelled(known(shapes, output, 'shapes')));
  const trainables = reachable(form, outputs, shapes).filter(({ isMatrix }) => isMatrix);
  const step = buildGradientStep({
    graph: form.graph,
    shapes: new Map([...shapes, [LABELS, [size]], [ZERO, []]]),
    parameters: trainables.map(({ name }) => name),
    extraInputs: [
      { name: ZERO, dims: [], type: DataType.FLOAT },
      ...(labelled === undefined ? [] : [{ name: LABELS, dims: [size], type: DataType.INT64 }]),
    ],
    loss(l) {
      const term = (output: string) => {
        if (output !== labelled) return meanSquaredError(l.value(output), l.given(ZERO));
        const softened = l.value(output).times(1 / TEMPERATURE);
        return softmaxCrossEntropy(l, softened, l.given(LABELS)).times(TEMPERATURE);
      };
      const total = outputs.map(term).reduce((sum, loss) => sum.plus(loss));
      return lossOf(total);
    },
  });
  const zero: HostTensors = { [ZERO]: { type: 'float32', dims: [], data: new Float32Array(1) } };
  const feeds = (batch: Batch) => {
    const labels = labelled === undefined ? {} : { [LABELS]: classLabels(batch.labels!) };
    return { ...batch.inputs, ...zero, ...labels };
  };
  return { step, trainables, feeds };
}
