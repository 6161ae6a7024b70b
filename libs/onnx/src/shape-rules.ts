import { elementOf } from './accessors.js';
import { hasAttribute, intAttribute, intsAttribute } from './attributes.js';
import type { NodeProto } from './proto.js';
import { slice, sliceRange } from './slice-range.js';
import { fromEnd, rules, type KnownShapes, type Shape, type ShapeRule } from './shape-rule.js';
import { elementCount } from './tensor.js';
import { convShape, convTransposeShape, windowed } from './window-shapes.js';

const like =
  (index: number): ShapeRule =>
  (node, known) =>
    known.shape(node.input[index]);

const broadcast: ShapeRule = (node, known) => {
  const shapes = node.input.filter((value) => value !== '').map((value) => known.shape(value));
  if (!shapes.every((shape) => shape !== undefined)) return undefined;
  return shapes.reduce((a, b) => broadcastShapes(a, b));
};

/**
 * Output shape per operator, for the ones that edge networks are made of. An operator without a rule leaves its outputs
 * unknown.
 */
export const INFERENCE_RULES: Record<string, ShapeRule> = {
  ...rules(
    [
      'Relu',
      'LeakyRelu',
      'Elu',
      'Selu',
      'Celu',
      'Sigmoid',
      'HardSigmoid',
      'HardSwish',
      'Tanh',
      'Erf',
      'Gelu',
      'FastGelu',
      'QuickGelu',
      'BiasGelu',
      'Softplus',
      'Softsign',
      'Mish',
      'Swish',
      'ThresholdedRelu',
      'Abs',
      'Neg',
      'Exp',
      'Log',
      'Sqrt',
      'Reciprocal',
      'Floor',
      'Ceil',
      'Round',
      'Clip',
      'Sign',
      'Sin',
      'Cos',
      'Tan',
      'Asin',
      'Acos',
      'Atan',
      'Sinh',
      'Cosh',
      'Not',
      'IsNaN',
      'IsInf',
      'Identity',
      'Cast',
      'CastLike',
      'Dropout',
      'Softmax',
      'LogSoftmax',
      'Hardmax',
      'LRN',
      'LpNormalization',
      'MeanVarianceNormalization',
      'BatchNormalization',
      'InstanceNormalization',
      'LayerNormalization',
      'SimplifiedLayerNormalization',
      'RMSNormalization',
      'GroupNormalization',
      'QuantizeLinear',
      'DequantizeLinear',
      'CumSum',
      'Trilu',
      'ScatterElements',
      'ScatterND',
      'ReverseSequence',
    ],
    like(0),
  ),
  GatherElements: like(1),
  ...rules(
    [
      'Add',
      'Sub',
      'Mul',
      'Div',
      'Pow',
      'PRelu',
      'Mod',
      'Min',
      'Max',
      'Sum',
      'Mean',
      'Where',
      'Equal',
      'Less',
      'LessOrEqual',
      'Greater',
      'GreaterOrEqual',
      'And',
      'Or',
      'Xor',
    ],
    broadcast,
  ),
  ...rules(['Conv', 'ConvInteger'], (node, known) => convShape(node, known, node.input[1])),
  QLinearConv: (node, known) => convShape(node, known, node.input[3]),
  ConvTranspose: convTransposeShape,
  Gemm: gemmShape,
  ...rules(['MatMul', 'MatMulInteger'], (node, known) =>
    matmulShape(known.shape(node.input[0]), known.shape(node.input[1])),
  ),
  QLinearMatMul: (node, known) => matmulShape(known.shape(node.input[0]), known.shape(node.input[3])),
  MatMulNBits: (node, known) => replaced(known.shape(node.input[0]), -1, intAttribute(node, 'N', 0)),
  ...rules(['MaxPool', 'AveragePool', 'LpPool'], (node, known) => {
    const x = known.shape(node.input[0]);
    if (!x) return undefined;
    return [...x.slice(0, 2), ...windowed(node, x.slice(2), intsAttribute(node, 'kernel_shape'))];
  }),
  ...rules(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'], (node, known) =>
    known.shape(node.input[0])?.map((dim, axis) => (axis < 2 ? dim : 1)),
  ),
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
    const axis = fromEnd(intAttribute(node, 'axis', 0), elementOf(shapes, 0, 'shapes').length);
    const length = shapes.reduce((sum, shape) => sum + shape[axis]!, 0);
    return replaced(shapes[0], axis, length);
  },
  Pad: (node, known) => {
    const x = known.shape(node.input[0]);
    const pads = node.input[1] ? known.ints(node.input[1]) : intsAttribute(node, 'pads');
    if (!x || pads?.length !== x.length * 2 || node.input[3]) return undefined;
    const added = (axis: number) => elementOf(pads, axis, 'pads') + elementOf(pads, axis + x.length, 'pads');
    return x.map((dim, axis) => dim + added(axis));
  },
  Gather: (node, known) => {
    const [x, indices] = [known.shape(node.input[0]), known.shape(node.input[1])];
    if (!x || !indices) return undefined;
    const axis = fromEnd(intAttribute(node, 'axis', 0), x.length);
    return [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)];
  },
  ...rules(
    [
      'ReduceMean',
      'ReduceSum',
      'ReduceMax',
      'ReduceMin',
      'ReduceL1',
      'ReduceL2',
      'ReduceProd',
      'ReduceSumSquare',
      'ReduceLogSum',
      'ReduceLogSumExp',
    ],
    (node, known) => {
      const x = known.shape(node.input[0]);
      const axes = axesOf(node, known, 1);
      if (!x || axes === undefined) return undefined;
      const reduced = axes?.map((axis) => fromEnd(axis, x.length)) ?? x.map((_, axis) => axis);
      return intAttribute(node, 'keepdims', 1)
        ? x.map((dim, axis) => (reduced.includes(axis) ? 1 : dim))
        : x.filter((_, axis) => !reduced.includes(axis));
    },
  ),
  Resize: (node, known) => resized(known.shape(node.input[0]), known.ints(node.input[2]), known.ints(node.input[3])),
  Upsample: (node, known) => resized(known.shape(node.input[0]), known.ints(node.input[1]), undefined),
  Expand: (node, known) => {
    const [x, target] = [known.shape(node.input[0]), known.ints(node.input[1])];
    return x && target && broadcastShapes(x, target);
  },
  Slice: (node, known) => {
    const x = known.shape(node.input[0]);
    const range = sliceRange(node, (value) => known.ints(value));
    return (
      x &&
      range &&
      x.map((dim, axis) => {
        const at = range.axes.findIndex((sliced) => fromEnd(sliced, x.length) === axis);
        if (at < 0) return dim;
        const [start, end] = [elementOf(range.starts, at, 'starts'), elementOf(range.ends, at, 'ends')];
        return slice(dim, start, end, range.steps[at] ?? 1).count;
      })
    );
  },
  ...rules(['ArgMax', 'ArgMin'], (node, known) => {
    const x = known.shape(node.input[0]);
    const reduced = x && fromEnd(intAttribute(node, 'axis', 0), x.length);
    if (intAttribute(node, 'keepdims', 1)) return replaced(x, reduced ?? 0, 1);
    return x?.filter((_, axis) => axis !== reduced);
  }),
  Tile: (node, known) => {
    const [x, repeats] = [known.shape(node.input[0]), known.ints(node.input[1])];
    if (!x || repeats?.length !== x.length) return undefined;
    return x.map((dim, axis) => dim * elementOf(repeats, axis, 'repeats'));
  },
  ConstantOfShape: (node, known) => known.ints(node.input[0]),
  DepthToSpace: (node, known) => shuffled(known.shape(node.input[0]), intAttribute(node, 'blocksize', 1)),
  SpaceToDepth: (node, known) => shuffled(known.shape(node.input[0]), 1 / intAttribute(node, 'blocksize', 1)),
  Shape: (node, known) => {
    const x = known.shape(node.input[0]);
    return x && [x.length];
  },
};

/** Shapes of all outputs of operators that have several. */
export const SHAPES_RULES: Record<string, (node: NodeProto, known: KnownShapes) => readonly (Shape | undefined)[]> = {
  DynamicQuantizeLinear: (node, known) => [known.shape(node.input[0]), [], []],
  TopK: (node, known) => {
    const k = known.ints(node.input[1])?.[0] ?? intAttribute(node, 'k', 0);
    const dims = k > 0 ? replaced(known.shape(node.input[0]), intAttribute(node, 'axis', -1), k) : undefined;
    return [dims, dims];
  },
  ...rules(['LSTM', 'GRU', 'RNN'], recurrentShapes),
  DynamicQuantizeLSTM: recurrentShapes,
  Split: (node, known) => {
    const x = known.shape(node.input[0]);
    const sizes = splitSizes(node, known, x?.[fromEnd(intAttribute(node, 'axis', 0), x.length)]);
    const axis = intAttribute(node, 'axis', 0);
    const part = (size: number | undefined) => (size === undefined ? undefined : replaced(x, axis, size));
    return node.output.map((_, i) => part(sizes?.[i]));
  },
};

/**
 * Axes from the attribute (older opsets) or the input; null when neither names any, undefined when they are not known.
 */
function axesOf(node: NodeProto, known: KnownShapes, input: number): readonly number[] | null | undefined {
  if (hasAttribute(node, 'axes')) return intsAttribute(node, 'axes');
  return node.input[input] ? known.ints(node.input[input]) : null;
}

/** Y [steps, directions, batch, hidden], and the last hidden and cell states. */
function recurrentShapes(node: NodeProto, known: KnownShapes): readonly (Shape | undefined)[] {
  const [x, recurrence] = [known.shape(node.input[0]), known.shape(node.input[2])];
  if (!x || !recurrence || intAttribute(node, 'layout', 0) !== 0) return [];
  const [directions, hidden] = [recurrence[0]!, recurrence[node.opType === 'DynamicQuantizeLSTM' ? 1 : 2]!];
  const state = [directions, x[1]!, hidden];
  return [[x[0]!, ...state], state, state];
}

/** Channels against height and width, which grow by `factor`. */
function shuffled(x: Shape | undefined, factor: number): Shape | undefined {
  return x?.length === 4 ? [x[0]!, x[1]! / factor ** 2, x[2]! * factor, x[3]! * factor] : undefined;
}

function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [a[a.length - rank + axis] ?? 1, b[b.length - rank + axis] ?? 1];
    return x === 1 ? y : x;
  });
}

function gemmShape(node: NodeProto, known: KnownShapes): Shape | undefined {
  const [a, b] = [known.shape(node.input[0]), known.shape(node.input[1])];
  if (!a || !b) return undefined;
  const [transA, transB] = [intAttribute(node, 'transA', 0), intAttribute(node, 'transB', 0)];
  return [a[transA ? 1 : 0]!, b[transB ? 0 : 1]!];
}

function matmulShape(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b || a.length === 0 || b.length === 0) return undefined;
  const rows = a.length > 1 ? [a.at(-2)!] : [];
  const columns = b.length > 1 ? [b.at(-1)!] : [];
  const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
  return [...batch, ...rows, ...columns];
}

function reshapeShape(node: NodeProto, known: KnownShapes): Shape | undefined {
  const [x, target] = [known.shape(node.input[0]), known.ints(node.input[1])];
  if (!x || !target) return undefined;
  const keepZero = intAttribute(node, 'allowzero', 0) === 1;
  const dims = target.map((dim, axis) => (dim === 0 && !keepZero ? (x[axis] ?? 0) : dim));
  const rest = dims.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  return dims.map((dim) => (dim === -1 ? elementCount(x) / rest : dim));
}

/** Explicit sizes, or equal parts of which the last may be smaller (ONNX Split spec). */
function splitSizes(node: NodeProto, known: KnownShapes, along: number | undefined): readonly number[] | undefined {
  if (hasAttribute(node, 'split')) return intsAttribute(node, 'split');
  if (node.input[1]) return known.ints(node.input[1]);
  if (along === undefined) return undefined;
  const part = Math.ceil(along / node.output.length);
  return node.output.map((_, i) => Math.min(part, along - i * part));
}

function resized(
  x: Shape | undefined,
  scales: readonly number[] | undefined,
  sizes: readonly number[] | undefined,
): Shape | undefined {
  if (!x) return undefined;
  if (sizes?.length === x.length) return sizes;
  if (scales?.length !== x.length) return undefined;
  return x.map((dim, axis) => Math.floor(dim * elementOf(scales, axis, 'scales')));
}

function replaced(shape: Shape | undefined, axis: number, dim: number): Shape | undefined {
  return shape?.map((own, at) => (at === fromEnd(axis, shape.length) ? dim : own));
}
