import { makeNode, type Graph, type ModelProto, type NodeProto } from '#onnx';
import type { CalibrationRun } from '../calibration/calibrate.js';
import type { Batches } from '../../calibration-data.js';
import { comparePairs, exactValue, sideBySide } from './compare.js';
import { nodeLabel } from '../../name-pattern.js';
import type { Layer } from '../layers/layers.js';

/** A layer's output against the float model on the same data. */
export interface LayerEvidence {
  /** Signal to noise with all layers before it quantized too, dB; null when identical, undefined where it has no value: the float output is zero, or one is not finite. */
  outputSnrDb: number | null | undefined;
  /** Signal to noise with exact input: what this layer alone adds, by its weight and by the grid of its input. */
  aloneSnrDb: number | null | undefined;
}

/**
 * Compares the output of every quantized layer with the float model's, both as it is and when the layer gets the float
 * model's input. One run per batch gives all of it; `outputs` are the layers' outputs by their names in both models.
 */
export async function layerEvidence(
  exact: ModelProto,
  graph: Graph,
  layers: readonly Layer[],
  outputs: readonly string[],
  batches: Batches,
  run: CalibrationRun,
): Promise<LayerEvidence[]> {
  const both = sideBySide(exact, graph.model);
  const copies = layers.map(({ node }) => both.nodes[graph.nodes.indexOf(node)]!);
  const together = outputs.map((output): [string, string] => [exactValue(both, output), output]);
  const alone = layers.map((layer, i): [string, string] => [
    exactValue(both, outputs[i]!),
    addLonely(both, copies[i]!, exactValue(both, layer.input), outputs[i]!),
  ]);
  const snrs = await comparePairs(both, [...together, ...alone], batches, run);
  return layers.map((_layer, i) => ({ outputSnrDb: snrs[i], aloneSnrDb: snrs[layers.length + i] }));
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
  const copy = makeNode(
    node.opType,
    input,
    [graph.freshName(`${node.output[0]}_alone`)],
    {},
    { name: graph.freshName(`${nodeLabel(node)}_alone`) },
  );
  graph.addNode(Object.assign(copy, { attribute: node.attribute }));
  return copy.output[0]!;
}

function addPair(graph: Graph, input: string, grid: readonly string[]): string {
  const [quantized, rounded] = [graph.freshName(`${input}_quantized`), graph.freshName(`${input}_rounded`)];
  graph.addNode(makeNode('QuantizeLinear', [input, ...grid], [quantized]));
  graph.addNode(makeNode('DequantizeLinear', [quantized, ...grid], [rounded]));
  return rounded;
}
