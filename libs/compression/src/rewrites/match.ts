import { DataType, elementTypeOf, tensorToFloats, type Graph, type NodeProto, inputOf, outputOf } from '#onnx';

/** Whether a value is a constant of one element, equal to `expected` but for rounding. */
export function isScalar(graph: Graph, name: string, expected: number): boolean {
  const value = scalarOf(graph, name);
  return value !== null && Math.abs(value - expected) <= 1e-4 * Math.abs(expected);
}

/**
 * The number that a constant of one element holds, or null; one of several axes may give the result more axes than the
 * other operand has, and is none.
 */
export function scalarOf(graph: Graph, name: string): number | null {
  const tensor = graph.initializer(name);
  const isSingle = tensor && tensor.dims.length <= 1 && tensor.dims.every((dim) => dim === 1n);
  return isSingle ? tensorToFloats(tensor)[0]! : null;
}

/** Whether a value is of float32: the runtime has no kernels of the operators that rewrites put in for other types. */
export function isFloatValue(graph: Graph, value: string): boolean {
  return elementTypeOf([graph.proto], value) === DataType.FLOAT;
}

/** The operand of a node of two inputs that stands beside a constant of the given value, or null. */
export function besideScalar(
  graph: Graph,
  { input: [left = '', right = ''] }: NodeProto,
  constant: number,
): string | null {
  if (isScalar(graph, right, constant)) return left;
  return isScalar(graph, left, constant) ? right : null;
}

/** The operand of a node of two inputs that is not the given one, or null when neither is. */
export function besideValue({ input: [left = '', right = ''] }: NodeProto, value: string): string | null {
  if (left === value) return right;
  return right === value ? left : null;
}

/** The value that is multiplied by `factor`: by a Mul, or a Div by its inverse; null for another node. */
export function scaledValue(graph: Graph, node: NodeProto | undefined, factor: number): string | null {
  if (node?.opType === 'Mul') return besideScalar(graph, node, factor);
  return node?.opType === 'Div' && isScalar(graph, node.input[1] ?? '', 1 / factor) ? inputOf(node, 0) : null;
}

/** Whether one reader alone takes a node's output, which is no output of the graph. */
export function isReadOnce(graph: Graph, node: NodeProto): boolean {
  return graph.consumers(outputOf(node)).length === 1 && !graph.isOutput(outputOf(node));
}

/** The node that alone reads a node's output. */
export function onlyReader(graph: Graph, node: NodeProto): NodeProto | undefined {
  const [use] = isReadOnce(graph, node) ? graph.consumers(outputOf(node)) : [];
  return use && use.index >= 0 ? use.node : undefined;
}

/** Lets a new node give the value that `last` gave; what it replaces is dead then. */
export function replaceBy(graph: Graph, last: NodeProto, replacement: NodeProto): void {
  const output = outputOf(last);
  graph.addNode(replacement, { before: last });
  graph.removeNode(last);
  graph.setOutput(replacement, 0, output);
}
