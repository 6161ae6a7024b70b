import { inputOf, outputOf } from './accessors.js';
import { create } from '@bufbuild/protobuf';
import {
  floatAttribute,
  floatsAttribute,
  hasAttribute,
  intAttribute,
  intsAttribute,
  setAttribute,
  stringAttribute,
  subgraphs,
} from './attributes.js';
import { constantSizes } from './constant-sizes.js';
import { constantNodeTensor } from './constants.js';
import { elementTypeOf } from './element-type.js';
import { UnsupportedModelError } from './errors.js';
import { Graph, makeNode } from './graph.js';
import type { Names } from './names.js';
import { ModelProtoSchema, type GraphProto, type NodeProto, type TensorProto } from './proto.js';
import { floatTensor, floatsToData, int64Tensor, makeTensor, tensorToFloats } from './tensor.js';

/** A node to lift, the graph that holds it and the model's main graph, whose constants every body sees. */
export interface LiftScope {
  node: NodeProto;
  graph: GraphProto;
  root: GraphProto;
  /** The graph, and those around it, the innermost first. */
  graphs: readonly GraphProto[];
  /** Names of the whole model, for what a rule adds. */
  names: Names;
  /** Nodes that were Upsample: they never shrink, whatever their scales are. */
  enlarging: Set<NodeProto>;
}

export interface LiftRule {
  /** The opset that changed the operators. */
  version: number;
  opTypes: readonly string[];
  /** Rewrites the node from the version before to this one. */
  lift(scope: LiftScope): void;
}

/**
 * What changed incompatibly from opset 7 on, in the order of versions (ONNX Changelog.md): inputs, attributes,
 * defaults. Operators not listed are the same under a newer number.
 */
export const LIFT_RULES: readonly LiftRule[] = [
  { version: 9, opTypes: ['Upsample'], lift: liftUpsample },
  { version: 9, opTypes: ['BatchNormalization'], lift: liftSpatial },
  { version: 9, opTypes: ['Scan'], lift: ({ node }) => refuse(node, 'Scan before opset 9 has an axis for the batch') },
  { version: 10, opTypes: ['Dropout'], lift: liftMask },
  { version: 10, opTypes: ['Upsample'], lift: liftEnlarging },
  { version: 10, opTypes: ['Slice'], lift: (scope) => attributesToInputs(scope, ['starts', 'ends', 'axes']) },
  { version: 10, opTypes: ['TopK'], lift: liftTopK },
  { version: 11, opTypes: ['Clip'], lift: liftClip },
  { version: 11, opTypes: ['Pad'], lift: liftPad },
  { version: 11, opTypes: ['Resize'], lift: liftResize },
  { version: 11, opTypes: ['Scatter'], lift: ({ node }) => void (node.opType = 'ScatterElements') },
  { version: 12, opTypes: ['Dropout'], lift: liftDropout },
  { version: 13, opTypes: ['Squeeze', 'Unsqueeze', 'ReduceSum'], lift: (scope) => attributesToInputs(scope, ['axes']) },
  { version: 13, opTypes: ['Split'], lift: (scope) => attributesToInputs(scope, ['split']) },
  { version: 13, opTypes: ['Softmax', 'LogSoftmax', 'Hardmax'], lift: liftSoftmax },
  { version: 14, opTypes: ['BatchNormalization'], lift: liftBatchNormalization },
  {
    version: 16,
    opTypes: ['RoiAlign'],
    lift: ({ node }) => defaultAttribute(node, 'coordinate_transformation_mode', 'output_half_pixel'),
  },
  {
    version: 18,
    opTypes: [
      'ReduceMax',
      'ReduceMean',
      'ReduceMin',
      'ReduceProd',
      'ReduceL1',
      'ReduceL2',
      'ReduceLogSum',
      'ReduceLogSumExp',
      'ReduceSumSquare',
    ],
    lift: (scope) => attributesToInputs(scope, ['axes']),
  },
  {
    version: 18,
    opTypes: ['Split'],
    lift: ({ node }) => void (node.input[1] || setAttribute(node, 'num_outputs', node.output.length)),
  },
  { version: 20, opTypes: ['GridSample'], lift: liftGridSample },
  { version: 20, opTypes: ['DFT'], lift: liftDft },
  {
    version: 21,
    opTypes: ['GroupNormalization'],
    lift: ({ node }) => refuse(node, 'GroupNormalization before opset 21 scales groups, not channels'),
  },
];

function attributesToInputs({ node, root, names }: LiftScope, attributes: readonly string[]): void {
  for (const [offset, name] of attributes.entries()) {
    if (!hasAttribute(node, name)) continue;
    const values = intsAttribute(node, name);
    const tensor = int64Tensor(names.fresh(`${node.output[0]}_${name}`), [values.length], values);
    setInput(node, 1 + offset, constant(root, tensor));
  }
  removeAttributes(node, attributes);
}

function liftTopK({ node, root, names }: LiftScope): void {
  if (!hasAttribute(node, 'k')) return;
  const count = int64Tensor(names.fresh(`${node.output[0]}_k`), [1], [intAttribute(node, 'k', 1)]);
  setInput(node, 1, constant(root, count));
  removeAttributes(node, ['k']);
}

function liftClip(scope: LiftScope): void {
  for (const [offset, name] of ['min', 'max'].entries()) {
    if (hasAttribute(scope.node, name))
      setInput(scope.node, 1 + offset, numberLike(scope, name, floatAttribute(scope.node, name, 0)));
  }
  removeAttributes(scope.node, ['min', 'max']);
}

function liftPad(scope: LiftScope): void {
  const value = floatAttribute(scope.node, 'value', 0);
  attributesToInputs(scope, ['pads']);
  removeAttributes(scope.node, ['value']);
  if (value !== 0) setInput(scope.node, 2, numberLike(scope, 'value', value));
}

function liftEnlarging({ node, enlarging }: LiftScope): void {
  node.opType = 'Resize';
  enlarging.add(node);
}

/**
 * Resize-10 (X, scales) samples at x / scale, the nearest being below where it grows and above where it shrinks;
 * Resize-11 (X, roi, scales) must be told so.
 */
function liftResize(scope: LiftScope): void {
  const { node, root, names } = scope;
  const scales = node.input[1] ?? '';
  const isNearest = stringAttribute(node, 'mode', 'nearest') === 'nearest';
  node.input = [
    node.input[0] ?? '',
    constant(root, floatTensor(names.fresh(`${node.output[0]}_roi`), [0], [])),
    scales,
  ];
  setAttribute(node, 'coordinate_transformation_mode', 'asymmetric');
  setAttribute(node, 'nearest_mode', isNearest ? nearestMode(scope, scales) : 'floor');
  if (stringAttribute(node, 'mode', 'nearest') === 'bilinear') setAttribute(node, 'mode', 'linear');
}

function nearestMode(scope: LiftScope, scales: string): 'floor' | 'ceil' {
  const { node, enlarging } = scope;
  if (enlarging.has(node)) return 'floor';
  const factors = knownNumbers(scope, scales)?.filter((factor) => factor !== 1);
  if (!factors)
    return refuse(
      node,
      'its scales are computed from sizes that are not fixed, and which pixel is the nearest depends on them',
    );
  if (factors.every((factor) => factor > 1)) return 'floor';
  return factors.every((factor) => factor < 1)
    ? 'ceil'
    : refuse(node, 'it grows along one axis and shrinks along another');
}

/** What a value holds at every run: of constants, or computed from sizes that are fixed. */
function knownNumbers({ graphs, root }: LiftScope, value: string): readonly number[] | undefined {
  const tensor = storedTensor(graphs, value);
  if (tensor) return [...tensorToFloats(tensor)];
  const sizes = constantSizes(new Graph(create(ModelProtoSchema, { graph: root })));
  return sizes.get(value)?.values;
}

/** A constant of the graphs: an initializer, or what a Constant node holds. */
function storedTensor(graphs: readonly GraphProto[], value: string): TensorProto | undefined {
  for (const { initializer, node } of graphs) {
    const tensor = initializer.find(({ name }) => name === value);
    const producer = tensor ? undefined : node.find(({ output }) => output.includes(value));
    if (tensor || producer)
      return tensor ?? (producer?.opType === 'Constant' ? constantNodeTensor(producer) : undefined);
  }
  return undefined;
}

/** Upsample-7 (X), scales an attribute; Upsample-9 (X, scales). */
function liftUpsample({ node, root, names }: LiftScope): void {
  const scales = floatsAttribute(node, 'scales');
  const tensor = floatTensor(names.fresh(`${node.output[0]}_scales`), [scales.length], scales);
  setInput(node, 1, constant(root, tensor));
  removeAttributes(node, ['scales']);
}

function liftSpatial({ node }: LiftScope): void {
  if (intAttribute(node, 'spatial', 1) !== 1)
    refuse(node, 'its statistics are those of each element, which no newer BatchNormalization has');
  removeAttributes(node, ['spatial']);
}

/** The mask was of floats before opset 10; one that nobody reads is left out. */
function liftMask(scope: LiftScope): void {
  const mask = scope.node.output[1];
  if (mask && isRead(scope.root, mask)) refuse(scope.node, 'its mask is read, and changed type in opset 10');
  scope.node.output = scope.node.output.slice(0, 1);
}

/** The share stays with the node: training reads it. */
function liftDropout(scope: LiftScope): void {
  if (hasAttribute(scope.node, 'ratio'))
    setInput(
      scope.node,
      1,
      constant(
        scope.root,
        floatTensor(scope.names.fresh(`${scope.node.output[0]}_ratio`), [], [floatAttribute(scope.node, 'ratio', 0.5)]),
      ),
    );
  removeAttributes(scope.node, ['ratio']);
}

/** DFT-17 has its axis as an attribute, by default 1; DFT-20 as an input, by default the last but one. */
function liftDft({ node, root, names }: LiftScope): void {
  const axis = int64Tensor(names.fresh(`${node.output[0]}_axis`), [], [intAttribute(node, 'axis', 1)]);
  setInput(node, 2, constant(root, axis));
  removeAttributes(node, ['axis']);
}

/** Before opset 13 the axes from `axis` on were one: Flatten, normalise the rows, restore the shape. */
function liftSoftmax({ node, graph, names }: LiftScope): void {
  const axis = intAttribute(node, 'axis', 1);
  setAttribute(node, 'axis', -1);
  if (axis === -1) return;
  const [input, output] = [inputOf(node, 0), outputOf(node)];
  const fresh = (part: string) => names.fresh(`${output}_${part}`);
  const [shape, flat, rows] = [fresh('shape'), fresh('flat'), fresh('rows')];
  node.input[0] = flat;
  node.output[0] = rows;
  const at = graph.node.indexOf(node);
  graph.node.splice(at + 1, 0, makeNode('Reshape', [rows, shape], [output]));
  const flattening = makeNode('Flatten', [input], [flat], { axis });
  graph.node.splice(at, 0, makeNode('Shape', [input], [shape]), flattening);
}

function liftBatchNormalization({ node }: LiftScope): void {
  if (node.output.slice(1).some((output) => output !== '')) refuse(node, 'it was exported in training mode');
  node.output = node.output.slice(0, 1);
}

function liftGridSample({ node }: LiftScope): void {
  const mode = stringAttribute(node, 'mode', 'bilinear');
  setAttribute(node, 'mode', { bilinear: 'linear', bicubic: 'cubic' }[mode] ?? mode);
}

function defaultAttribute(node: NodeProto, name: string, value: string): void {
  if (!hasAttribute(node, name)) setAttribute(node, name, value);
}

function refuse(node: NodeProto, problem: string): never {
  throw new UnsupportedModelError(
    `${node.opType} node "${node.name || node.output[0]}" cannot be lifted to a newer opset: ${problem}`,
    'export the model again with the newer opset',
  );
}

function removeAttributes(node: NodeProto, names: readonly string[]): void {
  node.attribute = node.attribute.filter((attribute) => !names.includes(attribute.name));
}

function setInput(node: NodeProto, index: number, value: string): void {
  while (node.input.length <= index) node.input.push('');
  node.input[index] = value;
}

/** A scalar constant of the type of the node's first input. */
function numberLike(scope: LiftScope, hint: string, value: number): string {
  const type = elementTypeOf(scope.graphs, scope.node.input[0] ?? '');
  const name = scope.names.fresh(`${scope.node.output[0]}_${hint}`);
  return constant(scope.root, makeTensor(name, type, [], floatsToData(type, [value])));
}

/** Whether a node of the graph, or of a body, or the outside reads a value. */
function isRead(graph: GraphProto, value: string): boolean {
  return (
    graph.output.some(({ name }) => name === value) ||
    graph.node.some((node) => node.input.includes(value) || subgraphs(node).some((body) => isRead(body, value)))
  );
}

function constant(root: GraphProto, tensor: TensorProto): string {
  root.initializer.push(tensor);
  return tensor.name;
}
