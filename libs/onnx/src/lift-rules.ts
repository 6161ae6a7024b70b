import { floatAttribute, hasAttribute, intAttribute, intsAttribute, setAttribute, stringAttribute } from './attributes.js';
import { UnsupportedModelError } from './errors.js';
import { makeNode } from './graph.js';
import type { Names } from './names.js';
import type { GraphProto, NodeProto, TensorProto } from './proto.js';
import { floatTensor, int64Tensor } from './tensor.js';

/** A node to lift, the graph that holds it and the model's main graph, whose constants every body sees. */
export interface LiftScope {
  node: NodeProto;
  graph: GraphProto;
  root: GraphProto;
  /** Names of the whole model, for what a rule adds. */
  names: Names;
}

export interface LiftRule {
  /** The opset that changed the operators. */
  version: number;
  opTypes: readonly string[];
  /** Rewrites the node from the version before to this one. */
  lift(scope: LiftScope): void;
}

/** Older files use operators (Upsample-7, broadcasting attributes) that no rule here rewrites. */
export const OLDEST_OPSET = 9;

/** What changed incompatibly, in the order of versions (ONNX Changelog.md); operators not listed are the same under a newer number. */
export const LIFT_RULES: readonly LiftRule[] = [
  { version: 10, opTypes: ['Upsample'], lift: ({ node }) => void (node.opType = 'Resize') },
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
  { version: 16, opTypes: ['RoiAlign'], lift: ({ node }) => defaultAttribute(node, 'coordinate_transformation_mode', 'output_half_pixel') },
  {
    version: 18,
    opTypes: ['ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceSumSquare'],
    lift: (scope) => attributesToInputs(scope, ['axes']),
  },
  { version: 18, opTypes: ['Split'], lift: ({ node }) => void (node.input[1] || setAttribute(node, 'num_outputs', node.output.length)) },
  { version: 20, opTypes: ['GridSample'], lift: liftGridSample },
  { version: 21, opTypes: ['GroupNormalization'], lift: ({ node }) => refuse(node, 'GroupNormalization before opset 21 scales groups, not channels') },
];

function attributesToInputs({ node, root, names }: LiftScope, attributes: readonly string[]): void {
  for (const [offset, name] of attributes.entries()) {
    if (!hasAttribute(node, name)) continue;
    const values = intsAttribute(node, name);
    setInput(node, 1 + offset, constant(root, int64Tensor(names.fresh(`${node.output[0]}_${name}`), [values.length], values)));
  }
  removeAttributes(node, attributes);
}

function liftTopK({ node, root, names }: LiftScope): void {
  if (!hasAttribute(node, 'k')) return;
  setInput(node, 1, constant(root, int64Tensor(names.fresh(`${node.output[0]}_k`), [1], [intAttribute(node, 'k', 1)])));
  removeAttributes(node, ['k']);
}

function liftClip({ node, root, names }: LiftScope): void {
  for (const [offset, name] of ['min', 'max'].entries()) {
    if (!hasAttribute(node, name)) continue;
    setInput(node, 1 + offset, constant(root, floatTensor(names.fresh(`${node.output[0]}_${name}`), [], [floatAttribute(node, name, 0)])));
  }
  removeAttributes(node, ['min', 'max']);
}

function liftPad(scope: LiftScope): void {
  const value = floatAttribute(scope.node, 'value', 0);
  attributesToInputs(scope, ['pads']);
  removeAttributes(scope.node, ['value']);
  if (value !== 0) setInput(scope.node, 2, constant(scope.root, floatTensor(scope.names.fresh(`${scope.node.output[0]}_value`), [], [value])));
}

/** Resize-10 (X, scales) samples at floor(x / scale); Resize-11 (X, roi, scales) must be told so. */
function liftResize({ node }: LiftScope): void {
  if (node.input.length > 2) return;
  node.input = [node.input[0]!, '', node.input[1]!];
  setAttribute(node, 'coordinate_transformation_mode', 'asymmetric');
  setAttribute(node, 'nearest_mode', 'floor');
  if (stringAttribute(node, 'mode', 'nearest') === 'bilinear') setAttribute(node, 'mode', 'linear');
}

function liftDropout({ node }: LiftScope): void {
  removeAttributes(node, ['ratio']);
  if (node.output[1]) refuse(node, 'its mask is read, and changed type in opset 12');
}

/** Before opset 13 the axes from `axis` on were one: Flatten, normalise the rows, restore the shape. */
function liftSoftmax({ node, graph, names }: LiftScope): void {
  const axis = intAttribute(node, 'axis', 1);
  setAttribute(node, 'axis', -1);
  if (axis === -1) return;
  const [input, output] = [node.input[0]!, node.output[0]!];
  const [shape, flat, rows] = ['shape', 'flat', 'rows'].map((part) => names.fresh(`${output}_${part}`)) as [string, string, string];
  node.input[0] = flat;
  node.output[0] = rows;
  const at = graph.node.indexOf(node);
  graph.node.splice(at + 1, 0, makeNode('Reshape', [rows, shape], [output]));
  graph.node.splice(at, 0, makeNode('Shape', [input], [shape]), makeNode('Flatten', [input], [flat], { axis }));
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
  throw new UnsupportedModelError(`${node.opType} node "${node.name || node.output[0]}" cannot be lifted to a newer opset: ${problem}`, 'export the model again with the newer opset');
}

function removeAttributes(node: NodeProto, names: readonly string[]): void {
  node.attribute = node.attribute.filter((attribute) => !names.includes(attribute.name));
}

function setInput(node: NodeProto, index: number, value: string): void {
  while (node.input.length <= index) node.input.push('');
  node.input[index] = value;
}

function constant(root: GraphProto, tensor: TensorProto): string {
  root.initializer.push(tensor);
  return tensor.name;
}
