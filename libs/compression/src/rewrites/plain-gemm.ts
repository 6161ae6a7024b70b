import {
  floatAttribute,
  floatTensor,
  intAttribute,
  setAttribute,
  tensorDims,
  tensorToFloats,
  DataType,
  Float,
  type Graph,
  type NodeProto,
  type TensorProto,
} from '#onnx';

/**
 * Writes the factors of Gemm nodes into their constants, and their biases as one vector, which is all that int8 kernels
 * take:
 *
 *     Gemm(X, W, B, alpha = a, beta = b)   becomes   Gemm(X, a · W, b · B)
 *     Gemm(X, W[K, N], B[1, N] or B[1])    becomes   Gemm(X, W, B[N])
 *
 * The runtime puts a bias on the grid of its weight, whatever alpha: with the factor inside the weight the grid has the
 * bias's size. What is computed at run time keeps its factor.
 */
export function plainGemms(graph: Graph): void {
  const made = new Map<string, string>();
  for (const node of graph.nodes) {
    if (node.opType !== 'Gemm' || node.domain !== '') continue;
    scaleInput(graph, node, 1, 'alpha', made);
    scaleInput(graph, node, 2, 'beta', made);
    flattenBias(graph, node, made);
  }
}

function scaleInput(graph: Graph, node: NodeProto, index: number, attribute: string, made: Map<string, string>): void {
  const factor = floatAttribute(node, attribute, 1);
  const name = node.input[index] ?? '';
  const tensor = floatInitializer(graph, name);
  if (factor === 1 || (name !== '' && !tensor)) return;
  if (tensor)
    replaceInput(graph, node, index, `${name} · ${factor}`, made, () => ({
      dims: tensorDims(tensor),
      values: tensorToFloats(tensor).map((value) => value * factor),
    }));
  setAttribute(node, attribute, new Float(1));
}

function flattenBias(graph: Graph, node: NodeProto, made: Map<string, string>): void {
  const name = node.input[2] ?? '';
  const [weight, bias] = [floatInitializer(graph, node.input[1] ?? ''), floatInitializer(graph, name)];
  if (!weight || !bias) return;
  const columns = tensorDims(weight)[intAttribute(node, 'transB', 0) ? 0 : 1] ?? 0;
  const dims = tensorDims(bias);
  const values = tensorToFloats(bias);
  const isRow = values.length === columns && dims.at(-1) === columns;
  if ((dims.length === 1 && isRow) || (!isRow && values.length !== 1)) return;
  replaceInput(graph, node, 2, `${name} : ${columns}`, made, () => ({
    dims: [columns],
    values: isRow ? values : new Float32Array(columns).fill(values[0] ?? 0),
  }));
}

/** Lets a node read a changed tensor of its own, or the one that another node wanted changed alike. */
function replaceInput(
  graph: Graph,
  node: NodeProto,
  index: number,
  key: string,
  made: Map<string, string>,
  change: () => { dims: number[]; values: Float32Array },
): void {
  const { dims, values } = change();
  const stored = () => floatTensor(graph.freshName(node.input[index] ?? ''), dims, values);
  const name = made.get(key) ?? graph.addInitializer(stored()).name;
  made.set(key, name);
  graph.setInput(node, index, name);
}

function floatInitializer(graph: Graph, name: string): TensorProto | undefined {
  const tensor = graph.initializer(name);
  return tensor?.dataType === DataType.FLOAT ? tensor : undefined;
}
