import { leftAlone } from '../../left-alone.js';
import { type Graph, type NodeProto, weightSites, known } from '#onnx';
import type { PruneOptions, Skipped } from '#contracts';
import { isNamed } from '../../name-pattern.js';
import { describe } from '../../pruning/channels/rules/rule.js';
import { bodies } from '../../pruning/channels/groups.js';
import { ruleOf } from '../../pruning/channels/rules/index.js';
import { unknownLayers } from '../../pruning/channels/unknown-layers.js';

/**
 * Layers whose channels cannot go, told from the operators alone: the walk from a layer's output, through operators
 * that have no weights of their own, ends at the graph's output or at an operator without a rule. The run itself knows
 * shapes, and may find more.
 */
export function staticBlockers(graph: Graph, { exclude }: Pick<PruneOptions, 'exclude'>): Skipped[] {
  const layers = new Map<NodeProto, { group: number }>(weightSites(graph).map((site) => [site.node, site]));
  for (const node of graph.nodes) if (RECURRENT.has(node.opType)) layers.set(node, { group: 1 });
  const blocked = [...layers.keys()].flatMap((node) => {
    const reason = isNamed(node, exclude) ? `${describe(node)} is excluded` : blockerOf(graph, node, layers);
    return reason ? [{ node, reason }] : [];
  });
  const found = [...blocked, ...unknownLayers(graph), ...bodies(graph)];
  return found.map(({ node, reason }) => leftAlone(node, reason));
}

/** Layers whose weights are no matrices of one multiplication: what goes in ends there as at any layer. */
const RECURRENT: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'RNN']);

function blockerOf(
  graph: Graph,
  layer: NodeProto,
  layers: ReadonlyMap<NodeProto, { group: number }>,
): string | undefined {
  const pending = layer.output.filter((value) => value !== '');
  const seen = new Set(pending);
  for (let value = pending.shift(); value !== undefined; value = pending.shift()) {
    if (graph.isOutput(value)) return `graph output "${value}" keeps its shape`;
    for (const { node, index } of graph.consumers(value)) {
      if (index < 0) return `${describe(node)} reads it inside its body`;
      if (!ruleOf(node)) return `${describe(node)} is an operator that pruning does not know`;
      if (
        node.opType === 'Shape' ||
        node.opType === 'MatMulNBits' ||
        (layers.has(node) && known(layers, node, 'layers').group === 1)
      )
        continue;
      for (const output of node.output)
        if (output !== '' && !seen.has(output)) pending.push(seen.add(output) && output);
    }
  }
  return undefined;
}
