import { nodeLabel, type Graph, type NodeProto, type Use, outputOf } from '#onnx';

/** Operators that hand a constant on as it is, or in another type or order. */
const CARRIERS: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Transpose']);

/**
 * What keeps a stored tensor in floats, in words, or null: an output, or a reader that does not take integers instead.
 * Integers beside a tensor that stays would make the file larger.
 */
export function floatReader(graph: Graph, value: string, takesIntegers: (use: Use) => boolean): string | null {
  if (graph.isOutput(value)) return `output "${value}"`;
  for (const use of graph.consumers(value)) {
    if (use.index >= 0 && takesIntegers(use)) continue;
    const isHandedOn = use.index === 0 && CARRIERS.has(use.node.opType);
    const reader = isHandedOn ? floatReader(graph, outputOf(use.node), takesIntegers) : describe(use.node, use.index);
    if (reader !== null) return reader;
  }
  return null;
}

function describe(node: NodeProto, index: number): string {
  return `${index < 0 ? 'the body of ' : ''}${node.opType} "${nodeLabel(node)}"`;
}

/** The stored tensor behind a value that nodes hand on, and those nodes, from the value back. */
export function storedBehind(graph: Graph, value: string): { stored: string; carriers: NodeProto[] } {
  const carriers: NodeProto[] = [];
  let stored = value;
  for (let node = graph.producer(stored); node && !graph.initializer(stored); node = graph.producer(stored)) {
    carriers.push(node);
    stored = node.input[0] ?? '';
  }
  return { stored, carriers };
}
