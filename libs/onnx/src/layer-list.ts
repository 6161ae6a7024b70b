import type { LayerNode } from '#contracts';
import { nodeLabel } from './accessors.js';
import { dataTypeBits } from './data-type.js';
import { Graph } from './graph.js';
import type { ModelProto, NodeProto } from './proto.js';
import { bytesByNode } from './stored-bytes.js';
import { elementCount } from './tensor.js';
import { readWeight } from './weights.js';
import { weightStorage } from './weight-storage.js';

/** Nodes that store or convert numbers: whoever reads them is shown with what they store. */
const FOLDED: ReadonlySet<string> = new Set([
  'Constant',
  'QuantizeLinear',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'Cast',
]);

/** Elements up to which the zeros of a weight are counted. */
const MAX_COUNTED = 2 ** 26;

/** The nodes of the main graph in its order, without those that only store or convert numbers. */
export function layerList(model: ModelProto): LayerNode[] {
  const graph = new Graph(model);
  const shown = graph.nodes.filter((node) => !isFolded(graph, node));
  const places = new Map(shown.map((node, place) => [node, place]));
  const bytes = bytesByNode(graph);
  return shown.map((node) => ({
    name: nodeLabel(node),
    opType: node.domain === '' || node.domain === 'ai.onnx' ? node.opType : `${node.domain}.${node.opType}`,
    from: sourcesOf(graph, node, places),
    ...weightsOf(graph, node),
    ...(bytes.get(node) ? { bytes: bytes.get(node) } : {}),
    inputBits: inputBits(graph, node),
  }));
}

/** One that gives an output of the model is shown all the same: it has no reader to be folded into. */
function isFolded(graph: Graph, node: NodeProto): boolean {
  return node.domain === '' && FOLDED.has(node.opType) && !node.output.some((value) => graph.isOutput(value));
}

function sourcesOf(graph: Graph, node: NodeProto, places: ReadonlyMap<NodeProto, number>): number[] {
  const found = new Set<number>();
  const pending = [...node.input];
  const seen = new Set(pending);
  while (pending.length > 0) {
    const producer = graph.producer(pending.pop() ?? '');
    if (!producer) continue;
    const place = places.get(producer);
    if (place !== undefined) {
      found.add(place);
      continue;
    }
    for (const value of producer.input)
      if (!seen.has(value)) {
        seen.add(value);
        pending.push(value);
      }
  }
  return [...found].toSorted((a, b) => a - b);
}

/** Matrices and filters; of vectors, such as biases, nothing is told. */
function weightsOf(graph: Graph, node: NodeProto): Pick<LayerNode, 'elements' | 'zeros' | 'bits'> {
  let [elements, zeros, bits] = [0, 0 as number | null, null as number | null];
  for (const value of new Set(node.input)) {
    const weight = value === '' ? null : weightStorage(graph, value);
    if (!weight || weight.dims.length < 2) continue;
    const count = elementCount(weight.dims);
    elements += count;
    bits = Math.max(bits ?? 0, weight.storage.bits);
    const counted = count > MAX_COUNTED ? null : zerosIn(graph, value);
    zeros = zeros === null || counted === null ? null : zeros + counted;
  }
  return { elements, zeros, bits };
}

function zerosIn(graph: Graph, value: string): number | null {
  const weight = readWeight(graph, value);
  return weight ? weight.values.reduce((sum, element) => sum + (element === 0 ? 1 : 0), 0) : null;
}

/**
 * Of a value that comes through QuantizeLinear and DequantizeLinear: the width of its zero point's type, 8 by default.
 */
function inputBits(graph: Graph, { input }: NodeProto): number | null {
  for (const value of input) {
    const dequantize = graph.producer(value);
    const quantize = dequantize?.opType === 'DequantizeLinear' ? graph.producer(dequantize.input[0] ?? '') : undefined;
    if (quantize?.opType !== 'QuantizeLinear') continue;
    const zeroPoint = graph.initializer(quantize.input[2] ?? '');
    return (zeroPoint && dataTypeBits(zeroPoint.dataType)) ?? 8;
  }
  return null;
}
