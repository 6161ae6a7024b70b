import { leftAlone } from '../../left-alone.js';
import type { QuantizeOptions } from '#contracts';
import { nodeLabel, type Graph, type NodeProto } from '#onnx';
import { checkNames, entryFor, isNamed } from '../../name-pattern.js';
import { isWeighted, selectLayers, type Layer, type Selection } from './layers.js';
import { addsTable, looksUpTable } from './tables.js';

export type ScopeOptions = Pick<
  QuantizeOptions,
  'layerBits' | 'layerActivationBits' | 'ends' | 'exclude' | 'weightsOnly'
>;

/**
 * The layers that the options leave to a scheme, each known by its name from here on, also after its output was
 * renamed.
 */
export function layersInScope(
  graph: Graph,
  options: QuantizeOptions,
  refine: (selection: Selection) => Selection = (selection) => selection,
): Selection {
  const selection = refine(scopeLayers(graph, selectLayers(graph, options), options));
  for (const { node } of selection.layers) node.name = nodeLabel(node);
  return selection;
}

/**
 * Gives each selected layer the widths that the options name it for, and applies the rule for first and last layers.
 * Throws UnknownLayerError for a name or pattern that fits no layer of the model, selected or not.
 */
export function scopeLayers(graph: Graph, { layers, skipped }: Selection, options: ScopeOptions): Selection {
  const holdsWeights = (node: NodeProto) =>
    isWeighted(graph, node) || looksUpTable(graph, node) || addsTable(graph, node);
  const labels = graph.nodes.filter(holdsWeights).map(nodeLabel);
  checkNames(
    {
      layerBits: Object.keys(options.layerBits),
      layerActivationBits: Object.keys(options.layerActivationBits),
      exclude: options.exclude,
      weightsOnly: options.weightsOnly,
    },
    labels,
  );
  const ends = options.ends === 'same' ? new Map<NodeProto, string>() : endLayers(graph);
  const isNamedAlone = ({ node }: Layer) => isNamed(node, options.weightsOnly);
  const left = options.ends === 'float' ? layers.filter(({ node }) => ends.has(node)) : [];
  return {
    layers: layers
      .filter((layer) => !left.includes(layer))
      .map((layer) => {
        const label = nodeLabel(layer.node);
        const bits = entryFor(options.layerBits, label) ?? (ends.has(layer.node) ? 8 : undefined);
        const activationBits = entryFor(options.layerActivationBits, label);
        return {
          ...layer,
          ...(bits ? { bits } : {}),
          ...(activationBits ? { activationBits } : {}),
          ...(isNamedAlone(layer) ? { isWeightsOnly: true as const } : {}),
        };
      }),
    skipped: [
      ...skipped,
      ...left.map(({ node }) => leftAlone(node, `it is a ${ends.get(node)} layer, which ends keeps float`)),
      ...layers
        .filter((layer) => !left.includes(layer) && isNamedAlone(layer))
        .map(({ node }) => leftAlone(node, inFloats(entryFor(options.layerActivationBits, nodeLabel(node))))),
    ],
  };
}

const inFloats = (activationBits: number | undefined) =>
  'computes in floats, as weightsOnly says' +
  (activationBits === undefined ? '' : `, so its ${activationBits} bits of layerActivationBits have no use`);

/** The weighted nodes that no other one lies ahead of, and those that none lies behind. */
export function endLayers(graph: Graph): Map<NodeProto, 'first' | 'last'> {
  const weighted = new Set(graph.nodes.filter((node) => isWeighted(graph, node)));
  const ends = new Map<NodeProto, 'first' | 'last'>();
  const ahead = new Set<string>();
  for (const node of graph.nodes) {
    const isBehind = node.input.some((value) => ahead.has(value));
    if (weighted.has(node) && !isBehind) ends.set(node, 'first');
    if (weighted.has(node) || isBehind) node.output.forEach((value) => ahead.add(value));
  }
  const behind = new Set<string>();
  for (const node of graph.nodes.toReversed()) {
    const isAhead = node.output.some((value) => behind.has(value));
    if (weighted.has(node) && !isAhead && !ends.has(node)) ends.set(node, 'last');
    if (weighted.has(node) || isAhead) node.input.forEach((value) => behind.add(value));
  }
  return ends;
}
