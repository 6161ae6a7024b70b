import type { Graph, NodeProto } from '#onnx';

/**
 * Lets nodes that read the same and do the same be one, of those that a predicate takes. The runtime does so as long
 * as they compute in floats; between integers it no longer sees that they are equal. What is an output of the graph, or
 * is read in a body, stays.
 */
export function mergeEqual(graph: Graph, isTaken: (node: NodeProto) => boolean): void {
  const known = new Map<string, NodeProto>();
  for (const node of [...graph.nodes]) {
    if (node.domain !== '' || !isTaken(node)) continue;
    const key = keyOf(node);
    const first = known.get(key);
    if (!first) known.set(key, node);
    else if (node.output.every((value) => isFree(graph, value))) {
      node.output.forEach((value, i) => {
        if (value !== '') graph.replaceUses(value, first.output[i]!);
      });
      graph.removeNode(node);
    }
  }
}

function isFree(graph: Graph, value: string): boolean {
  return value === '' || (!graph.isOutput(value) && graph.consumers(value).every(({ index }) => index >= 0));
}

function keyOf({ opType, input, output, attribute }: NodeProto): string {
  const attributes = attribute.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const places = output.map((value) => value !== '');
  return JSON.stringify([opType, input, places, attributes], (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    return value instanceof Uint8Array ? [...value] : value;
  });
}
