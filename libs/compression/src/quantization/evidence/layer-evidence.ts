import { DataType, makeNode, type Graph, type ModelProto, type NodeProto } from '#onnx';
import type { CalibrationRun } from '../calibration/calibrate.js';
import type { Batches } from '../../calibration-data.js';
import { comparePairs, exactValue, sideBySide } from './compare.js';
import { nodeLabel } from '../../name-pattern.js';
import type { StoredTable } from '../emit/table-store.js';
import type { Layer } from '../layers/layers.js';

/** A layer's output against the float model on the same data. */
export interface LayerEvidence {
  /** Signal to noise with all layers before it quantized too, dB; null when identical, undefined where it has no value: the float output is zero, or one is not finite. */
  outputSnrDb: number | null | undefined;
  /** Signal to noise with exact input: what this layer alone adds, by its weight and by the grid of its input. */
  aloneSnrDb: number | null | undefined;
}

/** A quantized model and what its layers and tables became. */
export interface Quantized {
  graph: Graph;
  layers: readonly Layer[];
  tables: readonly StoredTable[];
}

/**
 * Compares the output of every table and of every quantized layer with the float model's, both as it is and when it gets the float
 * model's input. One run per batch gives all of it, tables first; `outputs` are the layers' outputs by their names in both models.
 */
export async function layerEvidence(
  exact: ModelProto,
  { graph, layers, tables }: Quantized,
  outputs: readonly string[],
  batches: Batches,
  run: CalibrationRun,
): Promise<LayerEvidence[]> {
  const both = sideBySide(exact, graph.model);
  const copyOf = ({ node }: { node: NodeProto }) => both.nodes[graph.nodes.indexOf(node)]!;
  const copies = { tables: tables.map(copyOf), layers: layers.map(copyOf) };
  const together = [
    ...tables.map(({ output }): [string, string] => [addFloat(both, exactValue(both, output)), addFloat(both, output)]),
    ...outputs.map((output): [string, string] => [exactValue(both, output), output]),
  ];
  const alone = [
    ...tables.map(({ ids, output }, i) =>
      addFloat(both, addLonelyTable(both, copies.tables[i]!, exactValue(both, ids), output)),
    ),
    ...layers.map((layer, i) => addLonely(both, copies.layers[i]!, exactValue(both, layer.input), outputs[i]!)),
  ];
  const lonely = together.map(([signal], i): [string, string] => [signal, alone[i]!]);
  const snrs = await comparePairs(both, [...together, ...lonely], batches, run);
  return together.map((_pair, i) => ({ outputSnrDb: snrs[i], aloneSnrDb: snrs[together.length + i] }));
}

/** A second copy of a stored table's nodes, up to the one that gives `output`, that looks up other row numbers. */
function addLonelyTable(graph: Graph, lookUp: NodeProto, ids: string, output: string): string {
  let node = lookUp;
  let value = addCopy(
    graph,
    node,
    node.input.map((input, i) => (i === 1 ? ids : input)),
  );
  while (node.output[0] !== output) {
    const [read] = node.output;
    node = graph.consumers(read!).find((use) => use.index === 0 && use.node.output[0] !== value)!.node;
    value = addCopy(
      graph,
      node,
      node.input.map((input) => (input === read ? value : input)),
    );
  }
  return value;
}

/** Rows may be of half precision. */
function addFloat(graph: Graph, value: string): string {
  const float = graph.freshName(`${value}_single`);
  graph.addNode(makeNode('Cast', [value], [float], { to: DataType.FLOAT }));
  return float;
}

/**
 * A second copy of a quantized layer that reads `input`, put on the grid that the layer's own input has, with the bias that an Add
 * behind it adds where that gives the layer's `output`; returns its output.
 */
function addLonely(graph: Graph, layer: NodeProto, input: string, output: string): string {
  const dequantize = graph.producer(layer.input[0]!);
  const read = dequantize?.opType === 'DequantizeLinear' ? addPair(graph, input, dequantize.input.slice(1)) : input;
  const product = addCopy(graph, layer, [read, ...layer.input.slice(1)]);
  const add = graph
    .consumers(layer.output[0]!)
    .find(({ node }) => node.opType === 'Add' && node.output[0] === output)?.node;
  return add
    ? addCopy(
        graph,
        add,
        add.input.map((value) => (value === layer.output[0] ? product : value)),
      )
    : product;
}

function addCopy(graph: Graph, node: NodeProto, input: readonly string[]): string {
  const named = { name: graph.freshName(`${nodeLabel(node)}_alone`), domain: node.domain };
  const copy = makeNode(node.opType, input, [graph.freshName(`${node.output[0]}_alone`)], {}, named);
  graph.addNode(Object.assign(copy, { attribute: node.attribute }));
  return copy.output[0]!;
}

function addPair(graph: Graph, input: string, grid: readonly string[]): string {
  const [quantized, rounded] = [graph.freshName(`${input}_quantized`), graph.freshName(`${input}_rounded`)];
  graph.addNode(makeNode('QuantizeLinear', [input, ...grid], [quantized]));
  graph.addNode(makeNode('DequantizeLinear', [quantized, ...grid], [rounded]));
  return rounded;
}
