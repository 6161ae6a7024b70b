import {
  DataType,
  elementCount,
  floatTensor,
  intAttribute,
  intsAttribute,
  tensorDims,
  tensorToFloats,
  type Graph,
  type NodeProto,
  inputOf,
  dimOf,
  elementOf,
} from '#onnx';

/** Float values that a graph holds, in single precision. */
export interface FloatConstant {
  dims: number[];
  values: Float32Array;
}

/** Float types of other precision that a file may store weights in. */
const OTHER_FLOATS: ReadonlySet<DataType> = new Set([DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE]);

/**
 * The float constant behind a value: an initializer, or one that was stored in another precision and is computed from
 * it by nodes that do no arithmetic:
 *
 *     W (FLOAT16, BFLOAT16 or DOUBLE) -> Cast(FLOAT) -> value        also with Transpose and Identity on the way
 *
 * Undefined where there is none; integers that are cast are no weights but what a quantization made of them.
 */
export function floatConstant(graph: Graph, value: string): FloatConstant | undefined {
  const tensor = graph.initializer(value);
  const isFloat = tensor && (tensor.dataType === DataType.FLOAT || OTHER_FLOATS.has(tensor.dataType));
  if (tensor) return isFloat ? { dims: tensorDims(tensor), values: tensorToFloats(tensor) } : undefined;
  const node = graph.producer(value);
  const source = node && isPassive(node) ? floatConstant(graph, node.input[0] ?? '') : undefined;
  if (!source || node!.opType !== 'Transpose') return source;
  const reversed = source.dims.map((_, axis) => source.dims.length - 1 - axis);
  return transposed(source, intsAttribute(node!, 'perm', reversed));
}

/** Whether a value is a float constant that is no initializer of single precision yet. */
export function isWidened(graph: Graph, value: string): boolean {
  return value !== '' && !graph.initializer(value) && floatConstant(graph, value) !== undefined;
}

/** Lets a node read a float constant as an initializer of single precision, and returns its name. */
export function readWidened(graph: Graph, node: NodeProto, index: number): string {
  const value = inputOf(node, index);
  const { dims, values } = floatConstant(graph, value)!;
  const { name } = graph.addInitializer(floatTensor(graph.freshName(`${value}_float`), dims, values));
  graph.setInput(node, index, name);
  return name;
}

function isPassive(node: NodeProto): boolean {
  if (node.domain !== '') return false;
  if (node.opType === 'Cast') return intAttribute(node, 'to', 0) === DataType.FLOAT;
  return node.opType === 'Identity' || node.opType === 'Transpose';
}

function transposed({ dims, values }: FloatConstant, perm: readonly number[]): FloatConstant {
  const strides = dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
  const strideOf = (axis: number) => elementOf(strides, elementOf(perm, axis, 'perm'), 'strides');
  const result = { dims: perm.map((axis) => dimOf(dims, axis)), values: new Float32Array(values.length) };
  const position = result.dims.map(() => 0);
  for (let i = 0; i < values.length; i++) {
    const source = position.reduce((at, step, axis) => at + step * strideOf(axis), 0);
    result.values[i] = values[source]!;
    for (let axis = position.length - 1; axis >= 0 && ++position[axis]! === result.dims[axis]; axis--)
      position[axis] = 0;
  }
  return result;
}
