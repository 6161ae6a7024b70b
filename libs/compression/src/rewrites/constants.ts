import {
  denseTensor,
  floatTensor,
  int64Tensor,
  tensorAttribute,
  type Graph,
  type NodeProto,
  type TensorProto,
} from '#onnx';

/**
 * What a tensor says of itself that a Constant node held: once it is an initializer nothing else tells it from a
 * weight.
 */
const ORIGIN = 'constant';

/**
 * Whether the file held the tensor in a Constant node, before {@link liftConstants} of this run or of an earlier one.
 */
export function isConstantOfFile({ docString }: TensorProto): boolean {
  return docString === ORIGIN;
}

/**
 * Makes constants visible as initializers, so that every pass and the runtime see them:
 * - `Constant(value = T) -> W` becomes the initializer W (also value_float, value_floats, value_int, value_ints);
 * - a sparse initializer or Constant becomes a dense initializer, as the runtime stores it;
 * - `Identity(W) -> V` of an initializer W lets V's readers read W;
 * - an initializer that is listed as a graph input too (IR < 4) is delisted: the runtime folds only what cannot be
 *   overridden.
 *
 * Returns how many things changed.
 */
export function liftConstants(graph: Graph): number {
  return (
    densifyInitializers(graph) +
    delistInitializers(graph) +
    count([...graph.nodes], (node) => liftConstant(graph, node)) +
    count([...graph.nodes], (node) => bypassIdentity(graph, node))
  );
}

function densifyInitializers(graph: Graph): number {
  const sparse = graph.proto.sparseInitializer.splice(0);
  for (const tensor of sparse) graph.addInitializer(denseTensor(tensor, tensor.values?.name ?? ''));
  return sparse.length;
}

function delistInitializers(graph: Graph): number {
  const before = graph.proto.input.length;
  graph.proto.input = graph.inputs;
  return before - graph.proto.input.length;
}

function liftConstant(graph: Graph, node: NodeProto): boolean {
  const output = node.output[0];
  if (node.opType !== 'Constant' || node.domain !== '' || !output || graph.isOutput(output)) return false;
  const tensor = constantTensor(node, output);
  if (!tensor) return false;
  graph.removeNode(node);
  graph.addInitializer(Object.assign(tensor, { docString: ORIGIN }));
  return true;
}

function constantTensor(node: NodeProto, name: string): TensorProto | undefined {
  const tensor = tensorAttribute(node, 'value');
  if (tensor) return Object.assign(tensor, { name });
  const attribute = node.attribute[0];
  switch (attribute?.name) {
    case 'value_float':
      return floatTensor(name, [], [attribute.f]);
    case 'value_floats':
      return floatTensor(name, [attribute.floats.length], attribute.floats);
    case 'value_int':
      return int64Tensor(name, [], [Number(attribute.i)]);
    case 'sparse_value':
      return attribute.sparseTensor && denseTensor(attribute.sparseTensor, name);
    case 'value_ints':
      return int64Tensor(name, [attribute.ints.length], attribute.ints.map(Number));
    default:
      return undefined;
  }
}

function bypassIdentity(graph: Graph, node: NodeProto): boolean {
  const [input, output] = [node.input[0] ?? '', node.output[0] ?? ''];
  if (node.opType !== 'Identity' || !graph.initializer(input) || graph.isOutput(output)) return false;
  if (graph.consumers(output).some((use) => use.index < 0)) return false;
  graph.replaceUses(output, input);
  graph.removeNode(node);
  return true;
}

function count(nodes: readonly NodeProto[], edit: (node: NodeProto) => boolean): number {
  return nodes.filter(edit).length;
}
