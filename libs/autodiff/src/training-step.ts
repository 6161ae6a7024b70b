import {
  BUILDER_OPSET,
  DataType,
  GraphBuilder,
  constantTensor,
  ownName,
  valueElemType,
  type Graph,
  type ModelProto,
  type Shapes,
  elementOf,
} from '#onnx';
import { useBlockedLayout } from './blocked/blocked-layout.js';
import { TrainingStepError } from './errors.js';
import { GradientBuilder } from './gradient-builder.js';
import { flatGradient } from './flat-gradient.js';
import { addGradients } from './gradients.js';
import { keepRead } from './keep-read.js';
import type { Expression } from './losses/expression.js';
import { LossBuilder, type WrittenLoss } from './losses/loss-builder.js';
import type { Optimizer } from './optimizers.js';
import { ParameterLayout } from './parameters.js';
import { appendForward } from './training-ops.js';

/** What a loss may read besides the model's outputs: `name` becomes an input of the step. */
export interface ExtraInput {
  name: string;
  dims: readonly number[];
  type: DataType;
}

export interface TrainingStepRequest {
  /** The forward graph; its initializers named in `parameters` are trained, the others stay. */
  graph: Graph;
  /** Observed shapes at the batch size that the step is for. */
  shapes: Shapes;
  /** Names of the float initializers to train. */
  parameters: readonly string[];
  extraInputs: readonly ExtraInput[];
  /** Writes the loss, which the engine differentiates by the values that it reads. */
  loss(l: LossBuilder): WrittenLoss;
  optimizer: Optimizer;
  /** Largest global L2 norm of the gradient; longer ones are scaled down. */
  clipNorm?: number;
  /** Elements that weight decay shrinks, 1 or 0 per tensor by name; all where absent. */
  decays?(parameter: string): boolean;
  /** Whether single elements may be frozen where they are: the step then reads a mask; true by default. */
  masked?: boolean;
  /** Decay of a moving average of the weights, kept as the state vector `average`; smaller over the first steps. */
  averaging?: number;
  /** Forward values that the step returns beside the losses, under their own names. */
  outputs?: readonly string[];
  /**
   * Channels of a block of the runtime's blocked layout, which convolutions then use, forward and back; 0, the default,
   * keeps to standard operators.
   */
  block?: number;
}

/** One training step as an ONNX model, and the layout of its state. */
export interface TrainingStep {
  model: ModelProto;
  layout: ParameterLayout;
  /**
   * State vectors in and out, each of the layout's size: `weights` and the optimizer's own. Outputs carry the suffix
   * `.next`.
   */
  state: readonly string[];
  /** Scalar outputs that the loss reports. */
  terms: readonly string[];
  /** Whether the step reads a mask over the parameters. */
  masked: boolean;
}

/**
 * The same step in two models, so that the gradient of a batch can be the mean of its parts' gradients: `model` gives
 * the gradient and the loss terms of one part, `update` the new state from the mean.
 */
export interface DividedStep extends TrainingStep {
  update: ModelProto;
}

/** Names of the step's own values; a model's values cannot clash with them. */
export const STEP = {
  learningRate: ownName('step:learningRate'),
  count: ownName('step:count'),
  mask: ownName('step:mask'),
  average: ownName('step:average'),
  weights: ownName('step:weights'),
  gradient: ownName('step:gradient'),
  state: (name: string) => ownName(`step:${name}`),
  next: (name: string) => `${name}.next`,
  term: (name: string) => ownName(`loss:${name}`),
} as const;

/**
 * Forward pass, loss, backward pass and optimizer as one graph. Inputs: the model's, the extra ones, the state vectors,
 * the learning rate, the number of steps so far and, unless `masked` is false, a mask over the parameters (a 0 freezes
 * an element where it is). Outputs: the new state and the loss terms. Throws MissingGradientError, or TrainingStepError
 * when no parameter reaches the loss.
 */
export function buildTrainingStep(request: TrainingStepRequest): TrainingStep {
  const writing = begin(request);
  const { g, layout } = writing;
  for (const name of stateInputs(request)) g.graph.input(name, [layout.size]);
  for (const name of [STEP.learningRate, STEP.count]) g.graph.input(name, []);
  const { gradient, terms } = writeGradient(writing, request);
  const next = writeUpdate(g, layout, gradient, request);
  return finish(writing, request, terms, next);
}

/**
 * The step in two models, for a batch in parts; `shapes` are those of one part. Throws as {@link buildTrainingStep}
 * does.
 */
export function buildDividedStep(request: TrainingStepRequest): DividedStep {
  const writing = begin(request);
  const { gradient, terms } = writeGradient(writing, request);
  const step = finish(writing, request, terms, new Map([[STEP.gradient, gradient]]));
  const builder = new GraphBuilder(ownName('u:'));
  const g = new GradientBuilder(builder, request.shapes, () => undefined);
  for (const name of [STEP.weights, STEP.gradient, ...stateInputs(request)]) builder.input(name, [step.layout.size]);
  for (const name of [STEP.learningRate, STEP.count]) builder.input(name, []);
  for (const [name, value] of writeUpdate(g, step.layout, STEP.gradient, request))
    exportAs(builder, value, name, [step.layout.size]);
  return { ...step, update: builder.build() };
}

/** The value of the loss alone: what a model comes to on samples that it does not learn from. */
export interface LossModel {
  model: ModelProto;
  /** Names of its outputs, by term. */
  terms: Readonly<Record<string, string>>;
}

/**
 * Forward pass and loss, the weights read from the same vector as in the step. Throws TrainingStepError when there is
 * nothing to train.
 */
export function buildLossModel(
  request: Pick<TrainingStepRequest, 'graph' | 'shapes' | 'parameters' | 'extraInputs' | 'loss'>,
): LossModel {
  const { g } = begin(request);
  const terms = namesOf(request.loss(new LossBuilder(g)).terms);
  keepRead(g.graph, Object.values(terms));
  for (const [name, value] of Object.entries(terms)) exportAs(g.graph, value, STEP.term(name), []);
  const model = g.graph.build(Math.max(BUILDER_OPSET, request.graph.opset()));
  const named = Object.keys(terms).map((name) => [name, STEP.term(name)]);
  return { model, terms: Object.fromEntries(named) };
}

function namesOf(terms: Record<string, Expression>): Record<string, string> {
  const named = Object.entries(terms).map(([name, expression]) => [name, expression.name]);
  return Object.fromEntries(named);
}

/** A graph that holds the forward pass, and what is written with. */
interface Writing {
  g: GradientBuilder;
  layout: ParameterLayout;
}

function begin({
  graph,
  shapes,
  parameters,
  extraInputs,
}: Pick<TrainingStepRequest, 'graph' | 'shapes' | 'parameters' | 'extraInputs'>): Writing {
  const builder = new GraphBuilder(ownName('t:'));
  const extra = extraInputs.map(({ name, dims }) => [name, dims] as const);
  const all = new Map([...shapes, ...extra]);
  const g = new GradientBuilder(builder, all, (value) => constantTensor(graph, value));
  const layout = new ParameterLayout(parameters.map((name) => ({ name, dims: g.dims(name) })));
  if (layout.size === 0)
    throw new TrainingStepError('there is nothing to train: no float weight lies on a path to the loss');
  for (const info of graph.inputs) builder.input(info.name, g.dims(info.name), valueElemType(info));
  for (const { name, dims, type } of extraInputs) builder.input(name, dims, type);
  builder.input(STEP.weights, [layout.size]);
  for (const tensor of graph.proto.initializer) if (!parameters.includes(tensor.name)) builder.initializer(tensor);
  unpackWeights(g, layout);
  for (const node of graph.nodes) appendForward(builder, node);
  builder.importAll(graph.model);
  return { g, layout };
}

/** The flat gradient and the loss terms. */
function writeGradient(
  { g, layout }: Writing,
  request: TrainingStepRequest,
): { gradient: string; terms: Record<string, string> } {
  const { graph, shapes, parameters, block = 0 } = request;
  const loss = new LossBuilder(g);
  const { total, terms: expressions } = request.loss(loss);
  const [seeds, terms] = [loss.gradients(total), namesOf(expressions)];
  const written = new Map<string, readonly number[]>();
  const gradients = addGradients({ graph, builder: g.graph, shapes, seeds, targets: parameters, block, written });
  const gradient = flatGradient(g, layout, gradients);
  const outputs = [gradient, ...Object.values(terms), ...(request.outputs ?? [])];
  const dims = (value: string) => shapes.get(value) ?? written.get(value);
  if (block > 0) useBlockedLayout({ builder: g.graph, dims, block });
  keepRead(g.graph, outputs);
  return { gradient, terms };
}

/** The new state by the names of its outputs. */
function writeUpdate(
  g: GradientBuilder,
  layout: ParameterLayout,
  gradient: string,
  request: TrainingStepRequest,
): Map<string, string> {
  const { optimizer, averaging, masked = true } = request;
  const state = Object.fromEntries(optimizer.state.map((name) => [name, STEP.state(name)]));
  const shortened = clipped(g, masked ? g.mul(gradient, STEP.mask) : gradient, request.clipNorm);
  const update = optimizer.update(g, {
    weights: STEP.weights,
    gradient: shortened,
    state,
    learningRate: STEP.learningRate,
    step: STEP.count,
    ...decayMask(g, layout, request),
  });
  const states = optimizer.state.map((name) => [STEP.next(STEP.state(name)), update.state[name]!] as const);
  const next = new Map([[STEP.next(STEP.weights), update.weights], ...states]);
  if (averaging) next.set(STEP.next(STEP.average), movingAverage(g, update.weights, averaging));
  return next;
}

/**
 * average ← d · average + (1 - d) · weights, d = min(decay, (1 + t) / (10 + t)) after t steps: over a short run the
 * full decay would keep the weights that it began with (the moving average of TensorFlow, with num_updates).
 */
function movingAverage(g: GradientBuilder, weights: string, decay: number): string {
  const ahead = g.add(STEP.count, g.scalar(1));
  const begun = g.div(ahead, g.add(STEP.count, g.scalar(10)));
  const d = g.op('Min', [begun, g.scalar(decay)]);
  const kept = g.mul(STEP.average, d);
  return g.add(kept, g.mul(weights, g.sub(g.scalar(1), d)));
}

function finish(
  { g, layout }: Writing,
  request: TrainingStepRequest,
  terms: Record<string, string>,
  vectors: ReadonlyMap<string, string>,
): TrainingStep {
  for (const name of request.outputs ?? []) g.graph.output(name, g.dims(name));
  for (const [name, value] of vectors) exportAs(g.graph, value, name, [layout.size]);
  for (const [name, value] of Object.entries(terms)) exportAs(g.graph, value, STEP.term(name), []);
  const { optimizer, averaging, masked = true } = request;
  const state = [STEP.weights, ...optimizer.state.map(STEP.state), ...(averaging ? [STEP.average] : [])];
  const model = g.graph.build(Math.max(BUILDER_OPSET, request.graph.opset()));
  return { model, layout, state, terms: Object.keys(terms), masked };
}

/** Vectors of the update besides the weights. */
function stateInputs({ optimizer, averaging, masked = true }: TrainingStepRequest): string[] {
  const states = optimizer.state.map(STEP.state);
  return [...(masked ? [STEP.mask] : []), ...states, ...(averaging ? [STEP.average] : [])];
}

/** The tensors that the forward graph reads, cut out of the flat vector under their own names. */
function unpackWeights(g: GradientBuilder, layout: ParameterLayout): void {
  const isVector = (dims: readonly number[]) => dims.length === 1;
  const parts = layout.slots.map(({ name, dims }) => (isVector(dims) ? name : g.graph.fresh('part')));
  const sizes = g.ints(layout.slots.map((slot) => slot.size));
  g.graph.op('Split', [STEP.weights, sizes], { axis: 0 }, { outputs: parts });
  layout.slots.forEach(({ name, dims }, i) => {
    if (isVector(dims)) return;
    g.graph.op('Reshape', [elementOf(parts, i, 'parts'), g.ints(dims)], {}, { outputs: [name] });
  });
}

function decayMask(
  g: GradientBuilder,
  layout: ParameterLayout,
  { decays }: TrainingStepRequest,
): { decayMask?: string } {
  if (!decays || layout.slots.every(({ name }) => decays(name))) return {};
  const mask = new Float32Array(layout.size);
  for (const { name, offset, size } of layout.slots) mask.fill(Number(decays(name)), offset, offset + size);
  return { decayMask: g.tensor(mask, [layout.size]) };
}

function clipped(g: GradientBuilder, gradient: string, clipNorm: number | undefined): string {
  if (clipNorm === undefined) return gradient;
  const norm = g.op('ReduceL2', [gradient, g.ints([0])], { keepdims: 0 });
  const one = g.scalar(1);
  const share = g.div(g.scalar(clipNorm), g.add(norm, g.scalar(1e-12)));
  return g.mul(gradient, g.op('Min', [one, share]));
}

/** Renames a value's producer: an Identity would copy the vector. */
function exportAs(builder: GraphBuilder, value: string, name: string, dims: readonly number[]): void {
  const producer = builder.nodes.find((node) => node.output.includes(value));
  if (!producer) throw new TrainingStepError(`value "${value}" has no producer to rename`);
  producer.output[producer.output.indexOf(value)] = name;
  for (const node of builder.nodes)
    node.input.forEach((input, i) => {
      if (input === value) node.input[i] = name;
    });
  builder.output(name, dims);
}
