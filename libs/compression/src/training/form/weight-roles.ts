import {
  constantTensor,
  elementCount,
  intAttribute,
  isSameEveryRun,
  DataType,
  type Graph,
  type NodeProto,
} from '#onnx';

/**
 * What a weight is for, by the operator that reads it: a `kernel` is multiplied with data and summed over, a `table` is
 * looked up, `gain`, `bias` and `slope` belong to a layer or a norm; `scale` and `shift` stand beside Mul, Add or Sub
 * and are what their values and shapes make them; a `token` takes the place of data.
 */
export type Role = 'kernel' | 'table' | 'gain' | 'bias' | 'slope' | 'scale' | 'shift' | 'token';

/** One place where a weight is read. */
export interface Reading {
  role: Role;
  node: NodeProto;
  index: number;
  /** What moves its elements on the way there, first to last. */
  carriers: readonly NodeProto[];
}

/** Weights of what comes in and of the state, and their biases. */
const RECURRENT: Readonly<Record<number, Role>> = { 1: 'kernel', 2: 'kernel', 3: 'bias' };

const NORM: Readonly<Record<number, Role>> = { 1: 'gain', 2: 'bias' };

/** Input positions at which an operator reads something that is learned. */
const ROLES: Readonly<Record<string, Readonly<Record<number, Role>>>> = {
  Conv: { 1: 'kernel', 2: 'bias' },
  ConvTranspose: { 1: 'kernel', 2: 'bias' },
  Gemm: { 0: 'kernel', 1: 'kernel', 2: 'bias' },
  MatMul: { 0: 'kernel', 1: 'kernel' },
  Einsum: { 0: 'kernel', 1: 'kernel' },
  LSTM: RECURRENT,
  GRU: RECURRENT,
  RNN: RECURRENT,
  Gather: { 0: 'table' },
  GatherND: { 0: 'table' },
  GatherElements: { 0: 'table' },
  PRelu: { 1: 'slope' },
  BatchNormalization: NORM,
  LayerNormalization: NORM,
  InstanceNormalization: NORM,
  GroupNormalization: NORM,
  RMSNormalization: NORM,
  Add: { 0: 'shift', 1: 'shift' },
  Sub: { 0: 'shift', 1: 'shift' },
  Mul: { 0: 'scale', 1: 'scale' },
};

/** Operators that only move elements, and the inputs that have to be constants for their gradient to be known. */
const CARRIERS: Readonly<Record<string, readonly number[]>> = {
  Identity: [],
  Reshape: [],
  Flatten: [],
  Squeeze: [],
  Unsqueeze: [],
  Transpose: [],
  Expand: [],
  Tile: [],
  Split: [],
  Concat: [],
  Slice: [1, 2, 3, 4],
  Pad: [1, 3],
};

/** Positions of numbers that set an operator and that nobody would take for a weight. */
const SETTINGS: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [3, 4],
  Resize: [1, 2],
  Clip: [1, 2],
  Pad: [2],
  Dropout: [1],
  QuantizeLinear: [1],
  DequantizeLinear: [1],
  MatMulNBits: [2],
  OneHot: [2],
  Range: [0, 1, 2],
  CastLike: [1],
};

/** Where a value is read as a weight, directly or moved; empty where it is not. */
export function readingsOf(graph: Graph, value: string, carriers: readonly NodeProto[] = []): Reading[] {
  return graph.consumers(value).flatMap(({ node, index }): Reading[] => {
    const role = node.domain === '' ? ROLES[node.opType]?.[index] : undefined;
    if (role && !isPrepared(graph, node, index)) return [{ role, node, index, carriers }];
    if (role) return node.output.flatMap((output) => readingsOf(graph, output, [...carriers, node]));
    if (!carries(graph, node, index))
      return carriers.length > 0 && index === 0 ? [{ role: 'token', node, index, carriers }] : [];
    if (node.opType === 'Concat' && isJoined(graph, node, value)) return [{ role: 'token', node, index, carriers }];
    const outputs = node.output.filter((output) => output !== '');
    return outputs.flatMap((output) => readingsOf(graph, output, [...carriers, node]));
  });
}

/**
 * Whether decay shrinks a weight and its zeros may be sparsity: what is multiplied and summed, and what is looked up.
 */
export function isMatrix(readings: readonly Reading[]): boolean {
  return readings.some(({ role }) => role === 'kernel' || role === 'table');
}

/** The readers of a value that are none of a weight, and more than settings. */
export function otherReaders(graph: Graph, value: string): NodeProto[] {
  const isSetting = ({ opType }: NodeProto, index: number) => SETTINGS[opType]?.includes(index);
  const readers = graph.consumers(value).filter(({ node, index }) => !isSetting(node, index));
  return readers.map(({ node }) => node);
}

/**
 * Whether the node does arithmetic on constants alone, the larger of which is what the result stands for: of equally
 * many elements that of more axes, of equal shapes the first.
 */
function isPrepared(graph: Graph, node: NodeProto, index: number): boolean {
  const other = node.input[1 - index];
  if (!ARITHMETIC.has(node.opType) || other === undefined || !isSameEveryRun(graph, other)) return false;
  const [own, theirs] = [node.input[index]!, other].map((value) => graph.initializer(value));
  if (!own || !theirs) return true;
  const more = elementCount(own.dims) - elementCount(theirs.dims) || own.dims.length - theirs.dims.length;
  return more > 0 || (more === 0 && index === 0);
}

const ARITHMETIC: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul']);

function carries(graph: Graph, node: NodeProto, index: number): boolean {
  if (node.domain !== '') return false;
  if (node.opType === 'Cast') return intAttribute(node, 'to', 0) === DataType.FLOAT;
  const constants = CARRIERS[node.opType];
  if (!constants || index < 0 || (index > 0 && node.opType !== 'Concat')) return false;
  return constants.every((at) => !node.input[at] || constantTensor(graph, node.input[at]) !== undefined);
}

/** Whether the node puts computed values beside the weight. */
function isJoined(graph: Graph, node: NodeProto, value: string): boolean {
  return node.input.some((input) => input !== value && !isSameEveryRun(graph, input));
}
