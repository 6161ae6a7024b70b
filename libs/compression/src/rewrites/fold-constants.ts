import { observeValues, type HostTensor } from '#inference';
import {
  RANDOM_OPS,
  DataType,
  dataTypeBits,
  elementCount,
  intAttribute,
  makeTensor,
  subgraphs,
  type Graph,
  type ModelProto,
  type NodeProto,
  type TensorData,
} from '#onnx';

/** Bytes that a folded value may take beyond those of the constants that only it was computed from. */
const MAX_GROWTH_BYTES = 64 * 1024;

/** Types of a run that a tensor of a model can hold; strings are left alone. */
const TYPES: Partial<Record<HostTensor['type'], DataType>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int64: DataType.INT64,
  int32: DataType.INT32,
  int8: DataType.INT8,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
};

/**
 * Computes what depends on constants alone, by running that part of the graph once, and puts the results in as
 * initializers:
 *
 *     Shape-like arithmetic, transposed or scaled weights: Transpose(W) -> Mul(2) -> V   becomes   the initializer V
 *
 * Left alone: random operators, operators with bodies, outputs of the graph, compressed weights (DequantizeLinear, Cast
 * of a narrower type), and results that would make the file grow. Returns how many values were folded. Constants must
 * be initializers.
 */
export async function foldConstants(graph: Graph, isWanted: (value: string) => boolean = () => true): Promise<number> {
  const values = foldableValues(graph);
  const isComputed = (node: NodeProto) => !node.output.some((output) => values.has(output));
  const isRead = (value: string) => graph.consumers(value).some(({ node, index }) => index >= 0 && isComputed(node));
  const wanted = [...values].filter((value) => isRead(value) && isWanted(value));
  if (wanted.length === 0) return 0;
  const observed = await observeValues(constantPart(graph, values), wanted, {});
  return wanted.filter((value) => replaceByConstant(graph, value, observed[value]!)).length;
}

/** The nodes that give the values, as a model without inputs. */
function constantPart({ model, proto, nodes }: Graph, values: ReadonlySet<string>): ModelProto {
  const node = nodes.filter(({ output }) => output.some((value) => values.has(value)));
  return { ...model, graph: { ...proto, input: [], valueInfo: [], node } };
}

/** The values that depend on constants alone and may be computed ahead, without running anything. */
export function foldableValues(graph: Graph): Set<string> {
  const values = new Set<string>();
  const isConstant = (value: string) => value === '' || values.has(value) || graph.initializer(value) !== undefined;
  for (const node of graph.nodes) {
    if (!node.input.every(isConstant) || !mayFold(graph, node)) continue;
    for (const output of node.output) if (output !== '' && !graph.isOutput(output)) values.add(output);
  }
  return values;
}

function mayFold(graph: Graph, node: NodeProto): boolean {
  if (node.domain !== '' || RANDOM_OPS.has(node.opType) || subgraphs(node).length > 0) return false;
  if (
    node.opType === 'DequantizeLinear' ||
    node.opType === 'Constant' ||
    node.opType.startsWith('Sequence') ||
    node.opType.startsWith('Optional')
  )
    return false;
  return !(node.opType === 'Cast' && widens(graph, node));
}

/** Whether a Cast makes elements wider: what it reads was stored narrow on purpose. */
function widens(graph: Graph, cast: NodeProto): boolean {
  const from = graph.initializer(cast.input[0] ?? '');
  const to = dataTypeBits(intAttribute(cast, 'to', DataType.FLOAT)) ?? 0;
  return from !== undefined && (dataTypeBits(from.dataType) ?? 0) < to;
}

function replaceByConstant(graph: Graph, value: string, { type, dims, data }: HostTensor): boolean {
  const dataType = TYPES[type];
  if (dataType === undefined || byteCount(dataType, dims) > MAX_GROWTH_BYTES + bytesSaved(graph, value)) return false;
  const folded = graph.addInitializer(
    makeTensor(graph.freshName(`${value}_folded`), dataType, dims, data as TensorData),
  );
  graph.replaceUses(value, folded.name);
  graph.removeDeadCode();
  return true;
}

/** Bytes of the initializers that nothing reads any more once the value is a constant. */
function bytesSaved(graph: Graph, value: string): number {
  const gone = new Set<NodeProto>();
  const behind = [graph.producer(value)];
  let bytes = 0;
  for (let node = behind.pop(); node; node = behind.pop()) {
    gone.add(node);
    for (const input of new Set(node.input.filter((name) => name !== ''))) {
      if (graph.isOutput(input) || graph.consumers(input).some((use) => !gone.has(use.node))) continue;
      const tensor = graph.initializer(input);
      if (tensor) bytes += byteCount(tensor.dataType, tensor.dims);
      else behind.push(graph.producer(input));
    }
  }
  return bytes;
}

function byteCount(dataType: DataType, dims: readonly (number | bigint)[]): number {
  return Math.ceil((elementCount(dims) * (dataTypeBits(dataType) ?? 0)) / 8);
}
