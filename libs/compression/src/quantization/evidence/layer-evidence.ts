import {
  nodeLabel,
  DataType,
  elementOf,
  known,
  makeNode,
  type Graph,
  type ModelProto,
  type NodeProto,
  outputOf,
} from '#onnx';
import type { CalibrationRun } from '../calibration/calibrate.js';
import type { Batches } from '../../calibration-data.js';
import { comparePairs, exactValue, sideBySide } from './compare.js';
import type { StoredNode } from '../emit/stored-node.js';
import type { Layer } from '../layers/layers.js';

/** A layer's output against the float model on the same data. */
export interface LayerEvidence {
  /**
   * Signal to noise with all layers before it quantized too, dB; null when identical, undefined where it has no value:
   * the float output is zero, or one is not finite.
   */
  outputSnrDb: number | null | undefined;
  /** Signal to noise with exact input: what this layer alone adds, by its weight and by the grid of its input. */
  aloneSnrDb: number | null | undefined;
}

/**
 * A quantized model with its layers, each with its output by the name that it has in both models, and what was stored
 * beside them.
 */
export interface Quantized {
  graph: Graph;
  layers: readonly { layer: Layer; output: string }[];
  aside: readonly StoredNode[];
}

/**
 * A value of the float model, and what stands for it in the other: behind quantized nodes, and behind this one alone.
 */
interface ComparedNode {
  node: NodeProto;
  signal: string;
  together: string;
  alone: string;
}

/**
 * Compares the output of every node stored aside and of every quantized layer with the float model's, both as it is and
 * when it gets the float model's input. One run per batch gives all of it.
 */
export async function layerEvidence(
  exact: ModelProto,
  { graph, layers, aside }: Quantized,
  batches: Batches,
  run: CalibrationRun,
): Promise<Map<NodeProto, LayerEvidence>> {
  const both = sideBySide(exact, graph.model);
  const copies = new Map(graph.nodes.map((node, i) => [node, elementOf(both.nodes, i, 'node')]));
  const copyOf = (node: NodeProto) => known(copies, node, 'the copy');
  const readsAside = aside.map((stored) => asideOf(both, stored));
  const compared = [
    ...readsAside.map(({ stored, ...values }): ComparedNode => {
      const alone = addLonelyAside(both, copyOf(stored.node), exactValue(both, stored.input), stored);
      return { ...values, node: stored.node, alone: addFloat(both, alone) };
    }),
    ...layers.map(({ layer, output }): ComparedNode => {
      const alone = addLonely(both, copyOf(layer.node), exactValue(both, layer.input), output);
      return { node: layer.node, signal: exactValue(both, output), together: output, alone };
    }),
  ];
  const together = compared.map(({ signal, together: value }): [string, string] => [signal, value]);
  const lonely = compared.map(({ signal, alone }): [string, string] => [signal, alone]);
  const snrs = await comparePairs(both, [...together, ...lonely], batches, run);
  const figures = (i: number) => ({ outputSnrDb: snrs[i], aloneSnrDb: snrs[compared.length + i] });
  return new Map(compared.map(({ node }, i) => [node, figures(i)]));
}

/** Both outputs of a node stored aside, in floats. */
function asideOf(both: Graph, stored: StoredNode) {
  const signal = addFloat(both, exactValue(both, stored.output));
  return { stored, signal, together: addFloat(both, stored.output) };
}

/** A second copy of what a node became, up to the one that gives its output, that reads `input`. */
function addLonelyAside(graph: Graph, first: NodeProto, input: string, { inputIndex, output }: StoredNode): string {
  let node = first;
  const inputs = node.input.map((name, i) => (i === inputIndex ? input : name));
  let value = addCopy(graph, node, inputs, output);
  while (!node.output.includes(output)) {
    const [read] = node.output;
    node = graph.consumers(read!).find((use) => use.index === 0)!.node;
    value = addCopy(
      graph,
      node,
      node.input.map((name) => (name === read ? value : name)),
      output,
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
 * A second copy of a quantized layer that reads `input`, put on the grid that the layer's own input has, with the bias
 * that an Add behind it adds where that gives the layer's `output`; returns its output.
 */
function addLonely(graph: Graph, layer: NodeProto, input: string, output: string): string {
  const dequantize = graph.producer(layer.input[0] ?? '');
  const read = dequantize?.opType === 'DequantizeLinear' ? addPair(graph, input, dequantize.input.slice(1)) : input;
  const product = addCopy(graph, layer, [read, ...layer.input.slice(1)]);
  const uses = graph.consumers(outputOf(layer));
  const add = uses.find(({ node }) => node.opType === 'Add' && node.output[0] === output)?.node;
  if (!add) return product;
  const inputs = add.input.map((value) => (value === layer.output[0] ? product : value));
  return addCopy(graph, add, inputs);
}

/**
 * Adds a copy of a node that reads `input`, and returns the copy's first output or the one that stands for `output`.
 */
function addCopy(graph: Graph, node: NodeProto, input: readonly string[], output?: string): string {
  const named = { name: graph.freshName(`${nodeLabel(node)}_alone`), domain: node.domain };
  const outputs = node.output.map((name) => name && graph.freshName(`${name}_alone`));
  const copy = graph.addNode(
    Object.assign(makeNode(node.opType, input, outputs, {}, named), { attribute: node.attribute }),
  );
  return outputOf(copy, Math.max(0, node.output.indexOf(output ?? '')));
}

function addPair(graph: Graph, input: string, grid: readonly string[]): string {
  const [quantized, rounded] = [graph.freshName(`${input}_quantized`), graph.freshName(`${input}_rounded`)];
  graph.addNode(makeNode('QuantizeLinear', [input, ...grid], [quantized]));
  graph.addNode(makeNode('DequantizeLinear', [quantized, ...grid], [rounded]));
  return rounded;
}
