import { observeShapes } from '#inference';
import {
  floatTensor,
  makeNode,
  tensorDims,
  tensorToFloats,
  valueDims,
  type Graph,
  type NodeProto,
  inputOf,
  outputOf,
} from '#onnx';
import { onlyReader } from '../../rewrites/match.js';
import { splitBias } from '../../rewrites/split-bias.js';
import { UnobservableModelError } from '../../rewrites/errors.js';
import { observeGraph as observeOnAnything } from '../../rewrites/observe-graph.js';
import type { Batches } from '../../calibration-data.js';
import { clampsAtZero, activatedOutput, Int8Readers } from './int8-readers.js';
import type { Layer } from '../layers/layers.js';

/** Operators that the runtime takes out before it looks for fusions. */
const isTransparent = ({ opType, input, output }: NodeProto) =>
  opType === 'Identity' || (opType === 'Dropout' && !input[2] && !output[1]);

/** What decides which fusions the runtime finds. */
export interface FusionContext {
  /** Dimensions of values, as far as they are known. */
  shapes: ReadonlyMap<string, readonly number[]>;
  /** Whether the runtime knows them too when it loads the model: it does where no input has a free dimension. */
  isFixed: boolean;
}

/** Looks at the first batch, or at generated input where there is none, as far as the layers' form depends on it. */
export async function fusionContext(graph: Graph, layers: readonly Layer[], batches: Batches): Promise<FusionContext> {
  const isNumber = (dim: unknown) => typeof dim === 'number';
  const isFixed = graph.inputs.every((input) => valueDims(input)?.every(isNumber) ?? false);
  if (!layers.some(({ node }) => node.opType === 'MatMul' && addBehind(graph, node)))
    return { shapes: new Map(), isFixed };
  for await (const feeds of batches()) return { shapes: await observeShapes(graph.model, feeds), isFixed };
  return { shapes: await generatedShapes(graph), isFixed };
}

async function generatedShapes(graph: Graph): Promise<ReadonlyMap<string, readonly number[]>> {
  try {
    return (await observeOnAnything(graph.model)).shapes;
  } catch (error) {
    if (error instanceof UnobservableModelError) return new Map();
    throw error;
  }
}

/**
 * Gives matrix products the form that the runtime runs as integers, whatever stands behind them. Left as they are, it
 * would make a float product of some and expand their whole weight at every run:
 *
 *     MatMul(X, W) -> Add(B)   of matrices, becomes   Gemm(X, W, B)             where an int8 node reads the sum
 *                                           else      Gemm(X, W) -> Add(B)      in floats, which nothing fuses
 *     MatMul(X, W) -> Add(B)   of fixed shape         MatMul(X, W) -> Add(B[1, n])
 *     Gemm(X, W, B)            no int8 reader         Gemm(X, W) -> Add(B)
 *     product -> Clip(-1, 1)                          product -> Min(1) -> Max(-1)
 */
export function giveFusibleForm(graph: Graph, layers: readonly Layer[], context: FusionContext): void {
  const readers = new Int8Readers(graph, layers);
  for (const layer of layers) {
    if (layer.node.opType === 'Conv') continue;
    if (layer.node.opType === 'MatMul') shapeMatMul(graph, layer, readers, context);
    if (layer.node.opType === 'Gemm') shapeGemm(graph, layer, readers);
    splitClip(graph, layer.node);
  }
}

function shapeMatMul(graph: Graph, layer: Layer, readers: Int8Readers, { shapes, isFixed }: FusionContext): void {
  const add = addBehind(graph, layer.node);
  const rank = shapes.get(layer.input)?.length;
  if (!add || rank === undefined) return;
  const at = graph.consumers(lastTransparent(graph, layer.node)).find(({ node }) => node === add)!.index;
  const bias = inputOf(add, 1 - at);
  if (rank === 2) {
    layer.node.opType = 'Gemm';
    if (isVector(graph, layer, bias) && readers.want(activatedOutput(graph, add))) takeBias(graph, layer, add, bias);
  } else if (rank > 2 && isFixed && isVector(graph, layer, bias)) {
    graph.setInput(
      add,
      1 - at,
      reshaped(graph, bias, (count) => [1, count]),
    );
  }
}

/** The Add that alone reads a product, also behind nodes that do nothing. */
function addBehind(graph: Graph, product: NodeProto): NodeProto | undefined {
  let node = onlyReader(graph, product);
  while (node && isTransparent(node)) node = onlyReader(graph, node);
  return node?.opType === 'Add' ? node : undefined;
}

function lastTransparent(graph: Graph, product: NodeProto): string {
  let value = outputOf(product);
  for (let node = onlyReader(graph, product); node && isTransparent(node); node = onlyReader(graph, node))
    value = outputOf(node);
  return value;
}

/** Whether a value is a constant of one number per output channel, in its last axis. */
function isVector(graph: Graph, layer: Layer, name: string): boolean {
  const tensor = graph.initializer(name);
  const channels = tensorDims(graph.tensor(layer.weight))[layer.axis]!;
  const dims = tensor ? tensorDims(tensor) : [];
  return dims.at(-1) === channels && dims.length <= 2 && dims.reduce((product, dim) => product * dim, 1) === channels;
}

function takeBias(graph: Graph, layer: Layer, add: NodeProto, bias: string): void {
  const output = outputOf(add);
  layer.bias = reshaped(graph, bias, (count) => [count]);
  graph.removeNode(add);
  graph.setInput(layer.node, 2, layer.bias);
  graph.setOutput(layer.node, 0, output);
  graph.removeDeadCode();
}

/** The name of a constant of the same values and other dimensions. */
function reshaped(graph: Graph, name: string, dimsOf: (count: number) => number[]): string {
  const tensor = graph.tensor(name);
  const values = tensorToFloats(tensor);
  const dims = dimsOf(values.length);
  if (dims.length === tensor.dims.length) return name;
  return graph.addInitializer(floatTensor(graph.freshName(`${name}_${dims.length}d`), dims, values)).name;
}

/** The kernel that gives floats takes no float bias. */
function shapeGemm(graph: Graph, layer: Layer, readers: Int8Readers): void {
  const { node } = layer;
  const bias = node.input[2];
  if (!bias || (isVector(graph, layer, bias) && readers.want(activatedOutput(graph, node)))) return;
  splitBias(graph, node);
  layer.bias = null;
}

/** A Clip between a product and a QuantizeLinear keeps the runtime from integers, unless the grid does what it does. */
function splitClip(graph: Graph, product: NodeProto): void {
  const clip = onlyReader(graph, product);
  if (clip?.opType !== 'Clip' || clampsAtZero(graph, clip)) return;
  const [x = '', min = '', max = ''] = clip.input;
  const output = outputOf(clip);
  const ends: [string, string][] = [
    ['Min', max],
    ['Max', min],
  ].filter((end): end is [string, string] => end[1] !== '');
  if (ends.length === 0) return;
  let value = x;
  const nodes = ends.map(([opType, end], i) => {
    const name = i === ends.length - 1 ? output : graph.freshName(`${output}_${opType}`);
    const label = graph.freshName(`${output}_${opType}_node`);
    const node = makeNode(opType, [value, end], [name], {}, { name: label });
    value = name;
    return node;
  });
  let place = clip;
  for (const node of nodes) place = graph.addNode(node, { after: place });
  graph.removeNode(clip);
}
