import { STEP, buildTrainingStep, meanSquaredError, softmaxCrossEntropy, type ExtraInput, type Optimizer, type TrainingStep } from '#autodiff';
import type { Batch, Dataset } from '#datasets';
import type { HostTensors } from '#inference';
import { DataType } from '#onnx';
import { outputName, reachable, studentForm } from '../distill/student.js';
import { observeTrainingShapes } from '../train/observe.js';
import { Trainer } from '../train/trainer.js';
import type { Trainable } from '../train/trainable.js';
import { PruneInputError } from './errors.js';
import type { Group } from './groups.js';
import { addScaled, weightMembers, withMeanOne, type Importance, type ImportanceContext, type WeightMember } from './importance.js';
import { slicePowers } from './slice-norms.js';

type Kind = 'taylor' | 'fisher';

const BATCH = 64;
const LABELS = 'prune:labels';
const ZERO = 'prune:zero';

/** Hands the gradient out where an optimizer would hand out the new weights. */
const gradientOnly: Optimizer = { state: [], update: (_, { gradient }) => ({ weights: gradient, state: {} }) };

/** Per element of each weight, by the name of the stored tensor: the mean over batches of |w · dL/dw|, or of (w · dL/dw)². */
type Saliency = ReadonlyMap<string, Float64Array>;

/**
 * Scores channels by how the loss would change without them: first-order Taylor |w · dL/dw| (Molchanov et al. 2017) or empirical
 * Fisher (w · dL/dw)². The loss is cross-entropy where there are labels, else the energy of the output.
 */
export function gradientImportance(kind: Kind): Importance {
  return async (context, groups) => {
    const { data, options } = context;
    if (!data?.hasSplit('train')) throw new PruneInputError(`importance "${options.importance}"`, 'a data set with a train split');
    const saliency = await measure(context, data, kind);
    return groups.map((group) => scoreGroup(context, group, saliency));
  };
}

function scoreGroup(context: ImportanceContext, group: Group, saliency: Saliency): Float64Array {
  const total = new Float64Array(group.classes.length);
  for (const member of weightMembers(context, group)) addScaled(total, memberScores(member, saliency));
  return withMeanOne(total);
}

/** A weight that training cannot reach (a codebook) counts by its magnitude squared, which is all that is known of it. */
function memberScores({ weight, axis, positions }: WeightMember, saliency: Saliency): Float64Array {
  const salient = saliency.get(weight.storage.stored);
  const sums = salient ? slicePowers(salient, weight.dims, axis, 1) : slicePowers(weight.values, weight.dims, axis, 2);
  return Float64Array.from(positions, (indices) => indices.reduce((sum, index) => sum + sums[index]!, 0));
}

async function measure(context: ImportanceContext, data: Dataset, kind: Kind): Promise<Saliency> {
  const { graph, options, threads, seed } = context;
  const bound = data.bindInputs(graph.inputs.map(({ name }) => name));
  const batchSize = Math.min(BATCH, options.samples, data.sampleCount('train'));
  const batches = () => bound.batches('train', { batchSize, limit: options.samples, dropLast: true, shuffleSeed: seed });
  const { value: first } = await batches().next();
  if (!first) throw new PruneInputError(`importance "${options.importance}"`, 'at least one sample in the train split');
  const { step, trainables } = await gradientStep(context, first);
  const weights = step.layout.pack(new Map(trainables.map(({ name, values }) => [name, values])));
  const trainer = await Trainer.create(step, { weights, mask: new Float32Array(step.layout.size).fill(1) }, threads);
  const sums = new Float64Array(step.layout.size);
  for await (const batch of batches()) {
    await trainer.run(feedsOf(batch), 0);
    const gradient = trainer.currentWeights;
    for (let i = 0; i < sums.length; i++) sums[i]! += kind === 'taylor' ? Math.abs(weights[i]! * gradient[i]!) : (weights[i]! * gradient[i]!) ** 2;
    trainer.state.vectors.set(STEP.weights, weights);
  }
  await trainer.release();
  return new Map(step.layout.slots.map(({ name, offset, size }) => [name.replace(/\/shadow$/, ''), sums.subarray(offset, offset + size)]));
}

async function gradientStep({ graph }: ImportanceContext, batch: Batch): Promise<{ step: TrainingStep; trainables: Trainable[] }> {
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
      const term = classes === null ? meanSquaredError(g, output, ZERO, dims) : softmaxCrossEntropy(g, output, LABELS, [batch.size, classes]);
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
