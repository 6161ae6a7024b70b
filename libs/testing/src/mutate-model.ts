import {
  AttributeType,
  DataType,
  makeAttribute,
  subgraphs,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from '#onnx';
import type { Dice } from './random-models/dice.js';

/** Numbers that counts, axes and sizes are seldom. */
const ODD_INTEGERS = [
  -9223372036854775808n,
  -2147483649n,
  -7n,
  -1n,
  0n,
  1n,
  2n,
  63n,
  100_000n,
  4_294_967_296n,
  9_223_372_036_854_775_807n,
];
const ODD_NAMES = ['', 'nothing', '__proto__', 'constructor', 'x', 'y', '\u{1f600}'];
const OPERATORS = [
  'Add',
  'Conv',
  'Gemm',
  'MatMul',
  'Reshape',
  'Slice',
  'Split',
  'Concat',
  'Pad',
  'Resize',
  'If',
  'Gather',
  'Transpose',
  'Unsqueeze',
  'ReduceMean',
  'Softmax',
  'LSTM',
  'QuantizeLinear',
  'DequantizeLinear',
  'Constant',
  'Shape',
  'Expand',
  'Einsum',
  'MaxPool',
  'ConvTranspose',
  'Flatten',
  'Tile',
  'Where',
  'Range',
  'TopK',
  'NoSuchOperator',
];

type Mutation<T> = (subject: T, dice: Dice) => void;

/**
 * Changes one thing in place, as damage or malice would: a name, a count, a type, a shape, an attribute, the order of
 * nodes.
 */
export function mutateModel(model: ModelProto, dice: Dice): void {
  const graphs = graphsOf(model);
  const graph = dice.pick<GraphProto | undefined>(graphs);
  const nodes = graphs.flatMap(({ node }) => node);
  const attributes = nodes.flatMap(({ attribute }) => attribute);
  const weights = graphs.flatMap(({ initializer }) => initializer);
  const tensors = [...weights, ...attributes.flatMap(({ t }) => (t ? [t] : []))];
  const kinds: (() => void)[] = [() => dice.pick(OF_MODEL)(model, dice)];
  if (graph) kinds.push(() => dice.pick(OF_GRAPH)(graph, dice));
  if (nodes.length > 0) for (let i = 0; i < 4; i++) kinds.push(() => dice.pick(OF_NODE)(dice.pick(nodes), dice));
  if (attributes.length > 0)
    for (let i = 0; i < 3; i++) kinds.push(() => dice.pick(OF_ATTRIBUTE)(dice.pick(attributes), dice));
  if (tensors.length > 0) for (let i = 0; i < 3; i++) kinds.push(() => dice.pick(OF_TENSOR)(dice.pick(tensors), dice));
  dice.pick(kinds)();
}

/** The bytes with a few of them changed, cut or repeated. */
export function mutateBytes(bytes: Uint8Array, dice: Dice): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = dice.int(0, copy.length - 1);
  if (dice.chance(0.15)) return copy.subarray(0, at);
  if (dice.chance(0.15))
    return Uint8Array.from([...copy.subarray(0, at), ...copy.subarray(Math.max(0, at - dice.int(1, 40)))]);
  for (let i = dice.int(1, 3); i > 0; i--) copy[dice.int(0, copy.length - 1)] = dice.int(0, 255);
  return copy;
}

function graphsOf(model: ModelProto): GraphProto[] {
  const inside = (graph: GraphProto): GraphProto[] => {
    const nested = graph.node.flatMap((node) => subgraphs(node).flatMap(inside));
    return [graph, ...nested];
  };
  return model.graph ? inside(model.graph) : [];
}

/** Takes an element away, puts it in twice, or changes places with another. */
function shuffle<T>(list: T[], dice: Dice): void {
  if (list.length === 0) return;
  const at = dice.int(0, list.length - 1);
  const [item] = list.splice(at, 1);
  if (item === undefined || dice.chance(0.4)) return;
  const copies = dice.chance(0.5) ? [item, item] : [item];
  list.splice(dice.int(0, list.length), 0, ...copies);
}

const OF_MODEL: Mutation<ModelProto>[] = [
  (model, dice) => void (model.irVersion = dice.pick(ODD_INTEGERS)),
  ({ opsetImport }, dice) =>
    opsetImport.forEach((entry) => (entry.version = dice.pick([...ODD_INTEGERS, 7n, 9n, 13n, 18n, 21n, 25n]))),
  ({ opsetImport }, dice) => shuffle(opsetImport, dice),
  ({ functions }, dice) => shuffle(functions, dice),
  ({ functions }, dice) => functions.forEach((body) => shuffle(dice.pick([body.input, body.output]), dice)),
  ({ functions }, dice) => functions.forEach((body) => shuffle(body.node, dice)),
  (model, dice) => {
    if (dice.chance(0.2)) delete model.graph;
  },
];

const OF_GRAPH: Mutation<GraphProto>[] = [
  ({ node }, dice) => shuffle(node, dice),
  ({ input }, dice) => shuffle(input, dice),
  ({ output }, dice) => shuffle(output, dice),
  ({ initializer }, dice) => shuffle(initializer, dice),
  ({ valueInfo }, dice) => shuffle(valueInfo, dice),
  ({ input, output, valueInfo }, dice) => {
    const type = dice.pick([...input, ...output, ...valueInfo])?.type?.value;
    if (type?.case !== 'tensorType') return;
    if (dice.chance(0.3)) type.value.elemType = dice.int(-1, 30);
    else if (dice.chance(0.2)) delete type.value.shape;
    else if (type.value.shape) shuffle(type.value.shape.dim, dice);
  },
  ({ input, output }, dice) => {
    const type = dice.pick([...input, ...output])?.type?.value;
    const dims = type?.case === 'tensorType' ? (type.value.shape?.dim ?? []) : [];
    if (dims.length > 0) dice.pick(dims).value = { case: 'dimValue', value: dice.pick(ODD_INTEGERS) };
  },
  ({ input, output }, dice) => {
    const info = dice.pick([...input, ...output]);
    if (info) delete info.type;
  },
];

const OF_NODE: Mutation<NodeProto>[] = [
  ({ input }, dice) => shuffle(input, dice),
  ({ output }, dice) => shuffle(output, dice),
  (node) => void (node.input = []),
  ({ input }, dice) => {
    if (input.length > 0) input[dice.int(0, input.length - 1)] = dice.pick(ODD_NAMES);
  },
  ({ output }, dice) => {
    if (output.length > 0) output[dice.int(0, output.length - 1)] = dice.pick(ODD_NAMES);
  },
  (node, dice) => void (node.opType = dice.pick(OPERATORS)),
  (node, dice) => void (node.domain = dice.pick(['ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'other'])),
  ({ attribute }, dice) => shuffle(attribute, dice),
  ({ attribute }, dice) =>
    void attribute.push(
      makeAttribute(
        dice.pick(['axis', 'axes', 'perm', 'kernel_shape', 'keepdims', 'group', 'transB', 'to', 'value_ints']),
        dice.pick([-1, 3, [], [1, -5], 'text', [2 ** 40]]),
      ),
    ),
];

const OF_ATTRIBUTE: Mutation<AttributeProto>[] = [
  (attribute, dice) =>
    void (attribute.type = dice.pick([0, ...Object.values(AttributeType).filter((type) => typeof type === 'number')])),
  (attribute, dice) => void (attribute.i = dice.pick(ODD_INTEGERS)),
  (attribute, dice) => void (attribute.f = dice.pick([NaN, Infinity, -1, 0, 1e38])),
  (attribute, dice) => void (attribute.ints = Array.from({ length: dice.int(0, 5) }, () => dice.pick(ODD_INTEGERS))),
  ({ ints }, dice) => shuffle(ints, dice),
  (attribute, dice) => void (attribute.s = Uint8Array.from({ length: dice.int(0, 4) }, () => dice.int(0, 255))),
  (attribute, dice) => void (attribute.name = dice.pick(ODD_NAMES)),
  (attribute) => void delete attribute.t,
  (attribute) => void delete attribute.g,
  (attribute) => void (attribute.refAttrName = 'other'),
];

const OF_TENSOR: Mutation<TensorProto>[] = [
  ({ dims }, dice) => shuffle(dims, dice),
  (tensor, dice) => {
    if (tensor.dims.length > 0) tensor.dims[dice.int(0, tensor.dims.length - 1)] = dice.pick(ODD_INTEGERS);
  },
  // The same elements in another shape, which storage allows.
  (tensor, dice) =>
    void (tensor.dims = dice.pick([
      tensor.dims.toReversed(),
      [1n, ...tensor.dims],
      [...tensor.dims, 1n],
      [tensor.dims.reduce((a, b) => a * b, 1n)],
    ])),
  (tensor, dice) => void (tensor.dataType = dice.int(-1, 30)),
  (tensor, dice) =>
    void (tensor.dataType = dice.pick([
      DataType.INT32,
      DataType.FLOAT,
      DataType.UINT32,
      DataType.INT64,
      DataType.DOUBLE,
    ])),
  (tensor, dice) =>
    void (tensor.rawData = dice.chance(0.5)
      ? tensor.rawData.slice(0, dice.int(0, 8))
      : tensor.rawData.map(() => dice.int(0, 255))),
  (tensor, dice) => void (tensor.name = dice.pick(ODD_NAMES)),
  (tensor) => void (tensor.dataLocation = 1),
  ({ floatData, int32Data, int64Data }, dice) =>
    dice.pick([
      () => floatData.push(NaN),
      () => int64Data.push(dice.pick(ODD_INTEGERS)),
      () => int32Data.push(2 ** 31 - 1),
    ])(),
];
