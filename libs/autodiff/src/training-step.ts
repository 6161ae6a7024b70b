import { BUILDER_OPSET, DataType, GraphBuilder, type Graph, type ModelProto } from '#onnx';
import { useBlockedLayout } from './blocked/blocked-layout.js';
import { constantFinder } from './constants.js';
import { TrainingStepError } from './errors.js';
import { GradientBuilder, type Shapes } from './gradient-builder.js';
import { addGradients } from './gradients.js';
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
  /** Writes the loss: named terms for the report, and the gradient by each value that it read. */
  loss(g: GradientBuilder): { terms: Record<string, string>; seeds: ReadonlyMap<string, string> };
  optimizer: Optimizer;
  /** Largest global L2 norm of the gradient; longer ones are scaled down. */
  clipNorm?: number;
  /** Elements that weight decay shrinks, 1 or 0 per tensor by name; all where absent. */
  decays?(parameter: string): boolean;
  /** Decay of a moving average of the weights, kept as the state vector `average`. */
  averaging?: number;
  /** Forward values that the step returns beside the losses, under their own names. */
  outputs?: readonly string[];
  /** Channels of a block of the runtime's blocked layout, which convolutions then use, forward and back; 0, the default, keeps to standard operators. */
  block?: number;
}

/** One training step as an ONNX model, and the layout of its state. */
export interface TrainingStep {
  model: ModelProto;
  layout: ParameterLayout;
  /** State vectors in and out, each of the layout's size: `weights` and the optimizer's own. Outputs carry the suffix `.next`. */
  state: readonly string[];
  /** Scalar outputs that the loss reports. */
  terms: readonly string[];
}

/** Names of the step's own values; a model's values cannot clash with them. */
export const STEP = {
  learningRate: 'step:learningRate',
  count: 'step:count',
  mask: 'step:mask',
  average: 'step:average',
  weights: 'step:weights',
  state: (name: string) => `step:${name}`,
  next: (name: string) => `${name}.next`,
  term: (name: string) => `loss:${name}`,
} as const;

/**
 * Forward pass, loss, backward pass and optimizer as one graph. Inputs: the model's, the extra ones, the state vectors, the
 * learning rate, the number of steps so far and a mask over the parameters (a 0 freezes an element where it is). Outputs:
 * the new state and the loss terms. Throws MissingGradientError, or TrainingStepError when no parameter reaches the loss.
 */
export function buildTrainingStep(request: TrainingStepRequest): TrainingStep {
  const { graph, shapes, optimizer } = request;
  const builder = new GraphBuilder('t:');
  const g = new GradientBuilder(builder, shapes, constantFinder(graph));
  const layout = new ParameterLayout(request.parameters.map((name) => ({ name, dims: g.dims(name) })));
  if (layout.size === 0) throw new TrainingStepError('there is nothing to train: no float weight lies on a path to the loss');
  declareInputs(builder, request, layout);
  unpackWeights(g, layout);
  for (const node of graph.nodes) appendForward(builder, node);
  const { terms, seeds } = request.loss(g);
  const { block = 0 } = request;
  const written = new Map<string, readonly number[]>();
  const gradients = addGradients({ graph, builder, shapes, seeds, targets: request.parameters, block, written });
  const flat = g.concat(layout.slots.map(({ name, size }) => {
    const gradient = gradients.get(name);
    if (gradient === undefined) throw new TrainingStepError(`the loss does not depend on parameter "${name}": leave it out`);
    return g.reshape(gradient, [size]);
  }), 0);
  const gradient = clipped(g, g.mul(flat, STEP.mask), request.clipNorm);
  const names = Object.fromEntries(optimizer.state.map((name) => [name, STEP.state(name)]));
  const update = optimizer.update(g, { weights: STEP.weights, gradient, state: names, learningRate: STEP.learningRate, step: STEP.count, ...decayMask(g, layout, request) });
  const outputs = new Map([[STEP.next(STEP.weights), update.weights], ...optimizer.state.map((name): [string, string] => [STEP.next(STEP.state(name)), update.state[name]!])]);
  if (request.averaging) outputs.set(STEP.next(STEP.average), g.add(g.scale(STEP.average, request.averaging), g.scale(update.weights, 1 - request.averaging)));
  if (block > 0) {
    const dims = (value: string) => shapes.get(value) ?? written.get(value);
    useBlockedLayout({ builder, dims, block, outputs: [...outputs.values(), ...Object.values(terms), ...(request.outputs ?? [])] });
  }
  for (const name of request.outputs ?? []) builder.output(name, g.dims(name));
  for (const [name, value] of outputs) exportAs(builder, value, name, [layout.size]);
  for (const [name, value] of Object.entries(terms)) exportAs(builder, value, STEP.term(name), []);
  return { model: builder.build(Math.max(BUILDER_OPSET, graph.opset())), layout, state: [STEP.weights, ...Object.values(names), ...(request.averaging ? [STEP.average] : [])], terms: Object.keys(terms) };
}

function declareInputs(builder: GraphBuilder, { graph, shapes, parameters, extraInputs, optimizer, averaging }: TrainingStepRequest, layout: ParameterLayout): void {
  for (const { name } of graph.inputs) builder.input(name, shapes.get(name) ?? []);
  for (const { name, dims, type } of extraInputs) builder.input(name, dims, type);
  for (const name of [STEP.weights, STEP.mask, ...optimizer.state.map(STEP.state), ...(averaging ? [STEP.average] : [])]) builder.input(name, [layout.size]);
  for (const name of [STEP.learningRate, STEP.count]) builder.input(name, []);
  for (const tensor of graph.proto.initializer) if (!parameters.includes(tensor.name)) builder.initializer(tensor);
}

/** The tensors that the forward graph reads, cut out of the flat vector under their own names. */
function unpackWeights(g: GradientBuilder, layout: ParameterLayout): void {
  const parts = g.graph.ops('Split', layout.slots.length, [STEP.weights, g.ints(layout.slots.map((slot) => slot.size))], { axis: 0 });
  layout.slots.forEach(({ name, dims }, i) => {
    g.graph.op('Reshape', [parts[i]!, g.ints(dims)], {}, { outputs: [name] });
  });
}

function decayMask(g: GradientBuilder, layout: ParameterLayout, { decays }: TrainingStepRequest): { decayMask?: string } {
  if (!decays || layout.slots.every(({ name }) => decays(name))) return {};
  const mask = new Float32Array(layout.size);
  for (const { name, offset, size } of layout.slots) mask.fill(Number(decays(name)), offset, offset + size);
  return { decayMask: g.tensor(mask, [layout.size]) };
}

function clipped(g: GradientBuilder, gradient: string, clipNorm: number | undefined): string {
  if (clipNorm === undefined) return gradient;
  const norm = g.op('ReduceL2', [gradient, g.ints([0])], { keepdims: 0 });
  return g.mul(gradient, g.op('Min', [g.scalar(1), g.div(g.scalar(clipNorm), g.add(norm, g.scalar(1e-12)))]));
}

/** Renames a value's producer: an Identity would copy the vector. */
function exportAs(builder: GraphBuilder, value: string, name: string, dims: readonly number[]): void {
  const producer = builder.nodes.find((node) => node.output.includes(value));
  if (!producer) throw new TrainingStepError(`value "${value}" has no producer to rename`);
  producer.output[producer.output.indexOf(value)] = name;
  for (const node of builder.nodes) node.input.forEach((input, i) => { if (input === value) node.input[i] = name; });
  builder.output(name, dims);
}
