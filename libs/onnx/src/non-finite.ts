import { subgraphs } from './attributes.js';
import { constantNodeTensor, constantTensor } from './constants.js';
import type { Graph } from './graph.js';
import { DataLocation, DataType, type GraphProto, type ModelProto, type NodeProto, type TensorProto } from './proto.js';
import { tensorData, tensorDims } from './tensor.js';

/** An element that no weight can have, and where the first such one lies. */
export interface NonFiniteWeight {
  tensor: string;
  /** Position of the first one along each axis. */
  index: number[];
  value: 'NaN' | 'Infinity' | '-Infinity';
  /** Such elements in the tensor. */
  count: number;
}

/**
 * Operators that multiply by what they read: an infinity in it makes NaN of a zero. Elsewhere, as in a mask that is
 * added, it has a meaning.
 */
const MULTIPLIES = new Set([
  'Conv',
  'ConvTranspose',
  'Gemm',
  'MatMul',
  'LSTM',
  'GRU',
  'RNN',
  'BatchNormalization',
  'LayerNormalization',
  'InstanceNormalization',
]);

/**
 * The stored tensors of a model, in its graph, bodies and functions, that hold a NaN, or an infinity where a layer
 * multiplies by it. Tensors whose data was not loaded are left out.
 */
export function nonFiniteWeights(model: ModelProto): NonFiniteWeight[] {
  const functions = model.functions.flatMap(({ node }) => inNodes(node, new Set(weightNames(node))));
  return [...(model.graph ? inGraph(model.graph, new Set()) : []), ...functions];
}

/** The first NaN of a tensor, or with `infinities` the first element that is not finite; null where there is none. */
export function firstNonFinite(tensor: TensorProto, name = tensor.name, infinities = true): NonFiniteWeight | null {
  const isBad = CHECKS[tensor.dataType as DataType]?.(infinities);
  if (!isBad || tensor.dataLocation === DataLocation.EXTERNAL) return null;
  const data = tensorData(tensor) as Float32Array;
  if (FLOATS.has(tensor.dataType) && areFinite(data)) return null;
  const first = data.findIndex(isBad);
  if (first < 0) return null;
  const [index, value] = [position(tensorDims(tensor), first), valueName(tensor, data[first] ?? NaN)];
  return { tensor: name, index, value, count: data.filter(isBad).length };
}

const GRIDS = new Set(['QuantizeLinear', 'DequantizeLinear']);

/**
 * Scales of the main graph that are not finite, each with the value that stands on it: a tool that met a mask of
 * -Infinity while it measured ranges writes such ones. The runtime may pass over them; what is computed from them is
 * NaN.
 */
export function nonFiniteScales(graph: Graph): { scale: string; value: string }[] {
  const onGrids = graph.nodes.filter(({ opType }) => GRIDS.has(opType));
  return onGrids.flatMap(({ input: [value = '', scale = ''] }) => {
    const tensor = constantTensor(graph, scale);
    return tensor && firstNonFinite(tensor, scale) ? [{ scale, value }] : [];
  });
}

/** What is wrong with a tensor, in words that follow its name: `holds NaN at [1, 0, 0, 0]`. */
export function nonFiniteText({ index, value, count }: NonFiniteWeight): string {
  const more = count > 1 ? `, the first of ${count} such elements` : '';
  return `holds ${value} at [${index.join(', ')}]${more}`;
}

const FLOATS: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.DOUBLE]);

/** Whether all elements are finite: nothing else is zero less itself, and one sum tells it of millions of weights. */
function areFinite(data: ArrayLike<number>): boolean {
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const element = data[i]!;
    sum += element - element;
  }
  return sum === 0;
}

type Check = (infinities: boolean) => (element: number) => boolean;

/** The bits of a narrow float above its sign: those of infinity, beyond which lies NaN. */
const ofBits =
  (infinity: number): Check =>
  (infinities) =>
  (bits) =>
    infinities ? (bits & 0x7fff) >= infinity : (bits & 0x7fff) > infinity;
const ofNumbers: Check = (infinities) =>
  infinities ? (element) => !Number.isFinite(element) : (element) => Number.isNaN(element);

const CHECKS: Partial<Record<DataType, Check>> = {
  [DataType.FLOAT]: ofNumbers,
  [DataType.DOUBLE]: ofNumbers,
  [DataType.FLOAT16]: ofBits(0x7c00),
  [DataType.BFLOAT16]: ofBits(0x7f80),
};

function valueName({ dataType }: TensorProto, element: number): NonFiniteWeight['value'] {
  if (dataType === DataType.FLOAT || dataType === DataType.DOUBLE)
    return Number.isNaN(element) ? 'NaN' : element > 0 ? 'Infinity' : '-Infinity';
  const infinity = dataType === DataType.FLOAT16 ? 0x7c00 : 0x7f80;
  if ((element & 0x7fff) > infinity) return 'NaN';
  return element & 0x8000 ? '-Infinity' : 'Infinity';
}

function inGraph(graph: GraphProto, outer: ReadonlySet<string>): NonFiniteWeight[] {
  const multiplied = new Set([...outer, ...weightNames(graph.node)]);
  const sparse = graph.sparseInitializer.flatMap(({ values }) => (values ? [values] : []));
  const found = (tensor: TensorProto) => firstNonFinite(tensor, tensor.name, multiplied.has(tensor.name)) ?? [];
  const stored = [...graph.initializer, ...sparse].flatMap(found);
  return [...stored, ...inNodes(graph.node, multiplied)];
}

function inNodes(nodes: readonly NodeProto[], multiplied: ReadonlySet<string>): NonFiniteWeight[] {
  return nodes.flatMap((node) => {
    const tensor = node.opType === 'Constant' ? constantNodeTensor(node) : undefined;
    const name = node.output[0] ?? '';
    const own = tensor ? firstNonFinite(tensor, name, multiplied.has(name)) : null;
    const inBodies = subgraphs(node).flatMap((body) => inGraph(body, multiplied));
    return [...(own ? [own] : []), ...inBodies];
  });
}

/** What the nodes, and those of their bodies, multiply by. */
function weightNames(nodes: readonly NodeProto[]): string[] {
  return nodes.flatMap((node) => [
    ...(MULTIPLIES.has(node.opType) ? node.input : []),
    ...subgraphs(node).flatMap((body) => weightNames(body.node)),
  ]);
}

function position(dims: readonly number[], element: number): number[] {
  const index: number[] = [];
  let rest = element;
  for (const dim of dims.toReversed()) {
    index.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return index;
}
