import { hasAttribute, intAttribute, intsAttribute, stringAttribute } from './attributes.js';
import { valueDims } from './builder.js';
import { constantTensor } from './constants.js';
import { dataTypeBits } from './data-type.js';
import type { Graph } from './graph.js';
import type { NodeProto } from './proto.js';
import { elementCount, tensorDims, tensorToNumbers } from './tensor.js';

export type Shape = readonly number[];

/** What a rule may ask: shapes and small integer values known so far. */
interface Known {
  shape(value: string | undefined): Shape | undefined;
  ints(value: string | undefined): readonly number[] | undefined;
}

type ShapeRule = (node: NodeProto, known: Known) => Shape | undefined;
type IntsRule = (node: NodeProto, known: Known) => readonly number[] | undefined;

const like = (index: number): ShapeRule => (node, known) => known.shape(node.input[index]);

const broadcast: ShapeRule = (node, known) => {
  const shapes = node.input.filter((value) => value !== '').map((value) => known.shape(value));
  return shapes.every((shape) => shape !== undefined) ? shapes.reduce((a, b) => broadcastShapes(a, b)) : undefined;
};

/** Output shape per operator, for the ones that edge networks are made of. An operator without a rule leaves its outputs unknown. */
const SHAPE_RULES: Record<string, ShapeRule> = {
  ...rules(['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Celu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Erf', 'Gelu', 'Softplus', 'Softsign', 'Mish', 'Swish',
    'Abs', 'Neg', 'Exp', 'Log', 'Sqrt', 'Reciprocal', 'Floor', 'Ceil', 'Round', 'Clip', 'Identity', 'Cast', 'Dropout', 'Softmax', 'LogSoftmax', 'LRN',
    'BatchNormalization', 'InstanceNormalization', 'LayerNormalization', 'GroupNormalization', 'QuantizeLinear', 'DequantizeLinear', 'CumSum'], like(0)),
  ...rules(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max', 'Sum', 'Mean', 'Where', 'Equal', 'Less', 'Greater', 'And', 'Or'], broadcast),
  ...rules(['Conv', 'ConvInteger'], (node, known) => convShape(node, known, node.input[1])),
  QLinearConv: (node, known) => convShape(node, known, node.input[3]),
  ConvTranspose: convTransposeShape,
  Gemm: gemmShape,
  ...rules(['MatMul', 'MatMulInteger'], (node, known) => matmulShape(known.shape(node.input[0]), known.shape(node.input[1]))),
  QLinearMatMul: (node, known) => matmulShape(known.shape(node.input[0]), known.shape(node.input[3])),
  MatMulNBits: (node, known) => replaced(known.shape(node.input[0]), -1, intAttribute(node, 'N', 0)),
  ...rules(['MaxPool', 'AveragePool', 'LpPool'], (node, known) => {
    const x = known.shape(node.input[0]);
    return x && [...x.slice(0, 2), ...windowed(node, x.slice(2), intsAttribute(node, 'kernel_shape'))];
  }),
  ...rules(['GlobalAveragePool', 'GlobalMaxPool'], (node, known) => known.shape(node.input[0])?.map((dim, axis) => (axis < 2 ? dim : 1))),
  Flatten: (node, known) => {
    const x = known.shape(node.input[0]);
    const axis = x && fromEnd(intAttribute(node, 'axis', 1), x.length);
    return x && [elementCount(x.slice(0, axis)), elementCount(x.slice(axis))];
  },
  Reshape: reshapeShape,
  Transpose: (node, known) => {
    const x = known.shape(node.input[0]);
    const perm = intsAttribute(node, 'perm');
    return x && (perm.length === 0 ? x.toReversed() : perm.map((axis) => x[axis]!));
  },
  Squeeze: (node, known) => {
    const x = known.shape(node.input[0]);
    const axes = axesOf(node, known, 1);
    if (!x || axes === undefined) return undefined;
    const dropped = axes?.map((axis) => fromEnd(axis, x.length));
    return x.filter((dim, axis) => (dropped ? !dropped.includes(axis) : dim !== 1));
  },
  Unsqueeze: (node, known) => {
    const x = known.shape(node.input[0]);
    const axes = axesOf(node, known, 1);
    if (!x || !axes) return undefined;
    const rank = x.length + axes.length;
    const added = axes.map((axis) => fromEnd(axis, rank));
    const rest = [...x];
    return Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : rest.shift()!));
  },
  Concat: (node, known) => {
    const shapes = node.input.map((value) => known.shape(value));
    if (!shapes.every((shape) => shape !== undefined) || shapes.length === 0) return undefined;
    const axis = fromEnd(intAttribute(node, 'axis', 0), shapes[0]!.length);
    return replaced(shapes[0], axis, shapes.reduce((sum, shape) => sum + shape[axis]!, 0));
  },
  Pad: (node, known) => {
    const x = known.shape(node.input[0]);
    const pads = node.input[1] ? known.ints(node.input[1]) : intsAttribute(node, 'pads');
    if (!x || pads?.length !== x.length * 2 || node.input[3]) return undefined;
    return x.map((dim, axis) => dim + pads[axis]! + pads[axis + x.length]!);
  },
  Gather: (node, known) => {
    const [x, indices] = [known.shape(node.input[0]), known.shape(node.input[1])];
    if (!x || !indices) return undefined;
    const axis = fromEnd(intAttribute(node, 'axis', 0), x.length);
    return [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)];
  },
  ...rules(['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceL2', 'ReduceProd'], (node, known) => {
    const x = known.shape(node.input[0]);
    const axes = axesOf(node, known, 1);
    if (!x || axes === undefined) return undefined;
    const reduced = axes?.map((axis) => fromEnd(axis, x.length)) ?? x.map((_, axis) => axis);
    return intAttribute(node, 'keepdims', 1) ? x.map((dim, axis) => (reduced.includes(axis) ? 1 : dim)) : x.filter((_, axis) => !reduced.includes(axis));
  }),
  Resize: (node, known) => resized(known.shape(node.input[0]), known.ints(node.input[2]), known.ints(node.input[3])),
  Upsample: (node, known) => resized(known.shape(node.input[0]), known.ints(node.input[1]), undefined),
  Expand: (node, known) => {
    const [x, target] = [known.shape(node.input[0]), known.ints(node.input[1])];
    return x && target && broadcastShapes(x, target);
  },
  Slice: (node, known) => {
    const x = known.shape(node.input[0]);
    const range = sliceRange(node, known);
    return x && range && x.map((dim, axis) => {
      const at = range.axes.findIndex((sliced) => fromEnd(sliced, x.length) === axis);
      return at < 0 ? dim : slice(dim, range.starts[at]!, range.ends[at]!, range.steps[at] ?? 1).count;
    });
  },
  Shape: (node, known) => {
    const x = known.shape(node.input[0]);
    return x && [x.length];
  },
};

/** Shapes of all outputs of operators that have several. */
const SHAPES_RULES: Record<string, (node: NodeProto, known: Known) => readonly (Shape | undefined)[]> = {
  DynamicQuantizeLinear: (node, known) => [known.shape(node.input[0]), [], []],
  Split: (node, known) => {
    const x = known.shape(node.input[0]);
    const sizes = splitSizes(node, known, x?.[fromEnd(intAttribute(node, 'axis', 0), x.length)]);
    return node.output.map((_, i) => (sizes?.[i] === undefined ? undefined : replaced(x, intAttribute(node, 'axis', 0), sizes[i])));
  },
};

/** Values of the small integer chains in which exporters compute shapes. */
const INTS_RULES: Record<string, IntsRule> = {
  Shape: (node, known) => (hasAttribute(node, 'start') || hasAttribute(node, 'end') ? undefined : known.shape(node.input[0])),
  ...rules(['Cast', 'Identity', 'Unsqueeze', 'Squeeze', 'Reshape'], (node, known) => known.ints(node.input[0])),
  Concat: (node, known) => {
    const parts = node.input.map((value) => known.ints(value));
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  },
  Gather: (node, known) => {
    const [list, indices] = [known.ints(node.input[0]), known.ints(node.input[1])];
    return list && indices && known.shape(node.input[0])?.length === 1 ? indices.map((index) => list.at(index)!) : undefined;
  },
  Slice: (node, known) => {
    const list = known.ints(node.input[0]);
    const range = sliceRange(node, known);
    if (!list || range?.starts.length !== 1) return undefined;
    const { first, count, step } = slice(list.length, range.starts[0]!, range.ends[0]!, range.steps[0] ?? 1);
    return Array.from({ length: count }, (_, i) => list[first + i * step]!);
  },
  Mul: arithmetic((a, b) => a * b),
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Div: arithmetic((a, b) => Math.trunc(a / b)),
};

/** Integer constants longer than this are weights, not shapes. */
const MAX_SHAPE_VALUES = 64;

/**
 * Shapes of the main graph's values as far as they follow from the file, with the batch (the symbolic first dimension of the
 * inputs, and every dimension of that name) taken as 1. Other symbolic dimensions leave what depends on them unknown.
 */
export function staticShapes(graph: Graph): Map<string, Shape> {
  const shapes = declaredShapes(graph);
  const ints = new Map<string, readonly number[]>();
  const known: Known = {
    shape: (value) => (value ? (shapes.get(value) ?? constantShape(graph, value)) : undefined),
    ints: (value) => (value ? (ints.get(value) ?? constantInts(graph, value)) : undefined),
  };
  for (const node of graph.nodes) {
    const [output] = node.output;
    if (!output) continue;
    const values = INTS_RULES[node.opType]?.(node, known);
    if (values && values.length <= MAX_SHAPE_VALUES) ints.set(output, values);
    const outputs = SHAPES_RULES[node.opType]?.(node, known) ?? [SHAPE_RULES[node.opType]?.(node, known)];
    outputs.forEach((shape, i) => {
      if (node.output[i] && shape?.every((dim) => Number.isInteger(dim) && dim >= 0)) shapes.set(node.output[i], shape);
    });
  }
  return shapes;
}

function declaredShapes(graph: Graph): Map<string, Shape> {
  const batch = new Set(graph.inputs.map((input) => valueDims(input)?.[0]).filter((dim) => typeof dim === 'string'));
  const shapes = new Map<string, Shape>();
  for (const info of [...graph.inputs, ...graph.proto.valueInfo, ...graph.outputs]) {
    const dims = valueDims(info)?.map((dim, axis) => (typeof dim === 'number' && dim > 0 ? dim : batch.has(dim as string) && (dim !== '' || axis === 0) ? 1 : undefined));
    if (dims?.every((dim) => dim !== undefined)) shapes.set(info.name, dims);
  }
  return shapes;
}

function constantShape(graph: Graph, value: string): Shape | undefined {
  const tensor = constantTensor(graph, value);
  return tensor && tensorDims(tensor);
}

function constantInts(graph: Graph, value: string): readonly number[] | undefined {
  const tensor = constantTensor(graph, value);
  return tensor && dataTypeBits(tensor.dataType) && elementCount(tensor.dims) <= MAX_SHAPE_VALUES ? tensorToNumbers(tensor) : undefined;
}

function rules<R>(ops: readonly string[], rule: R): Record<string, R> {
  return Object.fromEntries(ops.map((op) => [op, rule]));
}

function arithmetic(apply: (a: number, b: number) => number): IntsRule {
  return (node, known) => {
    const [a, b] = [known.ints(node.input[0]), known.ints(node.input[1])];
    if (!a || !b || (a.length !== b.length && a.length !== 1 && b.length !== 1)) return undefined;
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => apply(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!));
  };
}

function fromEnd(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Axes from the attribute (older opsets) or the input; null when neither names any, undefined when they are not known. */
function axesOf(node: NodeProto, known: Known, input: number): readonly number[] | null | undefined {
  if (hasAttribute(node, 'axes')) return intsAttribute(node, 'axes');
  return node.input[input] ? known.ints(node.input[input]) : null;
}

function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [a[a.length - rank + axis] ?? 1, b[b.length - rank + axis] ?? 1];
    return x === 1 ? y : x;
  });
}

/** Output sizes of a sliding window over spatial dims (ONNX Conv and pool specs). */
function windowed(node: NodeProto, spatial: Shape, kernel: Shape): number[] {
  const strides = intsAttribute(node, 'strides', spatial.map(() => 1));
  const dilations = intsAttribute(node, 'dilations', spatial.map(() => 1));
  const pads = intsAttribute(node, 'pads', spatial.flatMap(() => [0, 0]));
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  const round = intAttribute(node, 'ceil_mode', 0) ? Math.ceil : Math.floor;
  return spatial.map((dim, i) => {
    if (autoPad.startsWith('SAME')) return Math.ceil(dim / strides[i]!);
    const padding = autoPad === 'VALID' ? 0 : pads[i]! + pads[i + spatial.length]!;
    return round((dim + padding - dilations[i]! * (kernel[i]! - 1) - 1) / strides[i]!) + 1;
  });
}

function convShape(node: NodeProto, known: Known, weight: string | undefined): Shape | undefined {
  const [x, w] = [known.shape(node.input[0]), known.shape(weight)];
  return x && w && [x[0]!, w[0]!, ...windowed(node, x.slice(2), w.slice(2))];
}

function convTransposeShape(node: NodeProto, known: Known): Shape | undefined {
  const [x, w] = [known.shape(node.input[0]), known.shape(node.input[1])];
  if (!x || !w) return undefined;
  const spatial = x.slice(2);
  const strides = intsAttribute(node, 'strides', spatial.map(() => 1));
  const dilations = intsAttribute(node, 'dilations', spatial.map(() => 1));
  const pads = intsAttribute(node, 'pads', spatial.flatMap(() => [0, 0]));
  const extra = intsAttribute(node, 'output_padding', spatial.map(() => 0));
  const declared = intsAttribute(node, 'output_shape');
  const same = stringAttribute(node, 'auto_pad', 'NOTSET').startsWith('SAME');
  const sizes = spatial.map((dim, i) => (same ? dim * strides[i]! : strides[i]! * (dim - 1) + extra[i]! + (w[i + 2]! - 1) * dilations[i]! + 1 - pads[i]! - pads[i + spatial.length]!));
  return [x[0]!, w[1]! * intAttribute(node, 'group', 1), ...(declared.length > 0 ? declared.slice(-spatial.length) : sizes)];
}

function gemmShape(node: NodeProto, known: Known): Shape | undefined {
  const [a, b] = [known.shape(node.input[0]), known.shape(node.input[1])];
  return a && b && [a[intAttribute(node, 'transA', 0) ? 1 : 0]!, b[intAttribute(node, 'transB', 0) ? 0 : 1]!];
}

function matmulShape(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b || a.length === 0 || b.length === 0) return undefined;
  const rows = a.length > 1 ? [a.at(-2)!] : [];
  const columns = b.length > 1 ? [b.at(-1)!] : [];
  return [...broadcastShapes(a.slice(0, -2), b.slice(0, -2)), ...rows, ...columns];
}

function reshapeShape(node: NodeProto, known: Known): Shape | undefined {
  const [x, target] = [known.shape(node.input[0]), known.ints(node.input[1])];
  if (!x || !target) return undefined;
  const keepZero = intAttribute(node, 'allowzero', 0) === 1;
  const dims = target.map((dim, axis) => (dim === 0 && !keepZero ? (x[axis] ?? 0) : dim));
  const rest = dims.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  return dims.map((dim) => (dim === -1 ? elementCount(x) / rest : dim));
}

/** Explicit sizes, or equal parts of which the last may be smaller (ONNX Split spec). */
function splitSizes(node: NodeProto, known: Known, along: number | undefined): readonly number[] | undefined {
  if (hasAttribute(node, 'split')) return intsAttribute(node, 'split');
  if (node.input[1]) return known.ints(node.input[1]);
  if (along === undefined) return undefined;
  const part = Math.ceil(along / node.output.length);
  return node.output.map((_, i) => Math.min(part, along - i * part));
}

function resized(x: Shape | undefined, scales: readonly number[] | undefined, sizes: readonly number[] | undefined): Shape | undefined {
  if (!x) return undefined;
  if (sizes?.length === x.length) return sizes;
  return scales?.length === x.length ? x.map((dim, axis) => Math.floor(dim * scales[axis]!)) : undefined;
}

interface SliceRange {
  starts: readonly number[];
  ends: readonly number[];
  axes: readonly number[];
  steps: readonly number[];
}

function sliceRange(node: NodeProto, known: Known): SliceRange | undefined {
  const part = (name: string, input: number) => (hasAttribute(node, name) ? intsAttribute(node, name) : node.input[input] ? known.ints(node.input[input]) : []);
  const [starts, ends, axes, steps] = [part('starts', 1), part('ends', 2), part('axes', 3), part('steps', 4)];
  if (!starts || !ends || !axes || !steps) return undefined;
  return { starts, ends, steps, axes: axes.length > 0 ? axes : starts.map((_, axis) => axis) };
}

/** Which indices a Slice takes along one axis (ONNX Slice spec: clamped, negative ones from the end). */
function slice(dim: number, start: number, end: number, step: number): { first: number; count: number; step: number } {
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const bound = (value: number) => Math.min(high, Math.max(low, value < 0 ? value + dim : value));
  const first = bound(start);
  return { first, count: step === 0 ? 0 : Math.max(0, Math.ceil((bound(end) - first) / step)), step };
}

function replaced(shape: Shape | undefined, axis: number, dim: number): Shape | undefined {
  return shape?.map((own, at) => (at === fromEnd(axis, shape.length) ? dim : own));
}
