import { leftAlone } from '../../left-alone.js';
import type { Skipped } from '#contracts';
import {
  nodeLabel,
  constantNodeTensor,
  DataType,
  dataTypeName,
  elementCount,
  tensorDims,
  type Graph,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from '#onnx';

/** Constants of fewer elements are no weights worth a line. */
export const LEAST_ELEMENTS = 1024;

const FLOATS: ReadonlySet<DataType> = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE]);

/** Nodes that hand a constant on; what reads it in the end is the one to name. */
const PASSIVE: ReadonlySet<string> = new Set([
  'Cast',
  'Identity',
  'Transpose',
  'Reshape',
  'Unsqueeze',
  'Squeeze',
  'Constant',
]);

/** Why a node of this type keeps a constant in floats. */
const REASONS: Record<string, string> = {
  BatchNormalization: 'it could not be folded into a layer ahead of it',
};

/**
 * What keeps a large constant in floats, of the nodes that `named` does not hold: embedding and position tables,
 * normalizations that are not folded, operators without an integer form. One line for each node, with the tensor and
 * its size.
 */
export function floatConstantsLeft(graph: Graph, named: ReadonlySet<string>): Skipped[] {
  return graph.nodes
    .filter((node) => !PASSIVE.has(node.opType) && !named.has(nodeLabel(node)))
    .flatMap((node) =>
      describe(
        node,
        node.input.map((value) => storedFloat(graph, value)),
      ),
    );
}

/** The same for a node of a body, which sees the tensors of the body alone here. */
export function holdsFloats(body: GraphProto, node: NodeProto): boolean {
  if (PASSIVE.has(node.opType)) return false;
  const held = (value: string) => body.initializer.find(({ name }) => name === value) ?? constantIn(body, value);
  return node.input.some((value) => isLarge(value === '' ? undefined : held(value)));
}

function constantIn(body: GraphProto, value: string): TensorProto | undefined {
  const node = body.node.find(({ opType, output }) => opType === 'Constant' && output[0] === value);
  return node && constantNodeTensor(node);
}

function describe(node: NodeProto, tensors: readonly (TensorProto | undefined)[]): Skipped[] {
  const isVector = ({ dims }: TensorProto) => dims.filter((dim) => dim > 1n).length < 2;
  // A vector is a bias, but for the statistics of a normalization.
  const large = tensors.filter(
    (tensor): tensor is TensorProto => isLarge(tensor) && (node.opType === 'BatchNormalization' || !isVector(tensor!)),
  );
  const [first] = large.toSorted((a, b) => elementCount(b.dims) - elementCount(a.dims));
  if (!first) return [];
  const why = REASONS[node.opType] ?? `${node.opType} has no integer form here`;
  const constant = `its constant "${first.name}" [${tensorDims(first)}]`;
  return [leftAlone(node, `${constant} stays ${dataTypeName(first.dataType)}: ${why}`)];
}

/** The float tensor behind a value, as it is stored. */
export function storedFloat(graph: Graph, value: string): TensorProto | undefined {
  const tensor = graph.initializer(value);
  if (tensor) return FLOATS.has(tensor.dataType) ? tensor : undefined;
  const node = value === '' ? undefined : graph.producer(value);
  return node && PASSIVE.has(node.opType) && node.opType !== 'Constant'
    ? storedFloat(graph, node.input[0] ?? '')
    : undefined;
}

function isLarge(tensor: TensorProto | undefined): boolean {
  return tensor !== undefined && FLOATS.has(tensor.dataType) && elementCount(tensor.dims) >= LEAST_ELEMENTS;
}
