import { leftAlone } from '../../left-alone.js';
import type { Skipped } from '#contracts';
import { floatAttribute, tensorToNumbers, type Graph } from '#onnx';

/**
 * Dropout that a training would be expected to apply: the file says how much, and it is trained as it runs, dropping
 * nothing.
 */
export function dropoutsLeft(graph: Graph): Skipped[] {
  const dropouts = graph.nodes.filter(({ opType, input }) => opType === 'Dropout' && !input[2]);
  return dropouts.flatMap((node): Skipped[] => {
    const stored = node.input[1] ? graph.initializer(node.input[1]) : undefined;
    const ratio = stored ? tensorToNumbers(stored)[0]! : floatAttribute(node, 'ratio', 0.5);
    return ratio === 0 ? [] : [leftAlone(node, 'it is trained as it runs, dropping nothing')];
  });
}
