import type { Skipped } from '#contracts';
import { DataType, floatToHalf, halfToFloat, makeNode, makeTensor, tensorDims, tensorToFloats, type Graph, type TensorProto } from '#onnx';
import { snrDb } from './arithmetic.js';

/** Tensors smaller than this stay float: a Cast node takes more bytes than it saves. */
const MIN_ELEMENTS = 64;

export interface StoredTensor {
  tensor: string;
  bits: number;
  weightSnrDb: number | null | undefined;
}

/**
 * Stores float initializers in half precision; the runtime folds the Cast when it loads the file, so speed is unchanged.
 *
 *     W (FLOAT) -> op   becomes   W_float16 (FLOAT16) -> Cast(FLOAT) -> op
 */
export function storeFloat16(graph: Graph): { tensors: StoredTensor[]; skipped: Skipped[] } {
  const tensors: StoredTensor[] = [];
  const skipped: Skipped[] = [];
  for (const tensor of [...graph.proto.initializer]) {
    if (tensor.dataType !== DataType.FLOAT) continue;
    const values = tensorToFloats(tensor);
    const halves = Uint16Array.from(values, floatToHalf);
    const refusal = refusalOf(graph, tensor, values, halves);
    if (refusal) skipped.push({ node: tensor.name, reason: refusal });
    else tensors.push(store(graph, tensor, values, halves));
  }
  return { tensors, skipped };
}

function refusalOf(graph: Graph, tensor: TensorProto, values: Float32Array, halves: Uint16Array): string | null {
  if (values.length < MIN_ELEMENTS) return `${values.length} elements: the Cast would take more bytes than it saves`;
  if (graph.isOutput(tensor.name)) return 'it is an output of the graph';
  if (isQuantizationParameter(graph, tensor.name)) return 'it is a scale of a quantized value';
  if (graph.consumers(tensor.name).some(({ index }) => index < 0)) return 'the body of an If or Loop reads it';
  return halves.some((half, i) => !Number.isFinite(halfToFloat(half)) && Number.isFinite(values[i]!)) ? 'it holds values beyond ±65504, the largest of float16' : null;
}

function isQuantizationParameter(graph: Graph, name: string): boolean {
  return graph.consumers(name).some(({ node, index }) => index === 1 && (node.opType === 'DequantizeLinear' || node.opType === 'QuantizeLinear'));
}

function store(graph: Graph, tensor: TensorProto, values: Float32Array, halves: Uint16Array): StoredTensor {
  const { name } = tensor;
  const half = graph.addInitializer(makeTensor(graph.freshName(`${name}_float16`), DataType.FLOAT16, tensorDims(tensor), halves));
  graph.removeInitializer(name);
  const first = graph.nodes[0];
  graph.addNode(makeNode('Cast', [half.name], [name], { to: DataType.FLOAT }, { name: graph.freshName(`${name}_Cast`) }), first ? { before: first } : {});
  return { tensor: name, bits: 16, weightSnrDb: snrDb(values, Float32Array.from(halves, halfToFloat)) };
}
