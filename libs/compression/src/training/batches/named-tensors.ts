import { nodeLabel, isSameEveryRun, type Graph } from '#onnx';
import { fitsPattern } from '../../name-pattern.js';

/** What names and patterns mean in a graph. */
export interface NamedTensors {
  tensors: ReadonlySet<string>;
  /** Those that mean nothing. */
  unknown: readonly string[];
  /** All that could have been named. */
  names: readonly string[];
}

/**
 * The stored tensors that a name or pattern means: those of that name, and all that the nodes of that name read,
 * directly or through constants.
 */
export function namedTensors(graph: Graph, patterns: readonly string[]): NamedTensors {
  const tensors = new Set<string>();
  const initializers = graph.proto.initializer.map(({ name }) => name);
  const names = [...initializers, ...graph.nodes.map(nodeLabel)];
  if (patterns.length === 0) return { tensors, unknown: [], names };
  const fits = (name: string) => patterns.some((pattern) => fitsPattern(pattern, name));
  for (const { name } of graph.proto.initializer) if (fits(name)) tensors.add(name);
  for (const node of graph.nodes)
    if (fits(nodeLabel(node))) for (const input of node.input) addStored(graph, input, tensors);
  addScales(graph, tensors);
  const unknown = patterns.filter((pattern) => !names.some((name) => fitsPattern(pattern, name)));
  return { tensors, unknown, names };
}

/** The initializers behind a value that is computed from constants alone. */
function addStored(graph: Graph, value: string, tensors: Set<string>): void {
  if (value === '' || !isSameEveryRun(graph, value)) return;
  if (graph.initializer(value)) tensors.add(value);
  for (const input of graph.producer(value)?.input ?? []) addStored(graph, input, tensors);
}

/** A scale belongs to the integers that it scales. */
function addScales(graph: Graph, tensors: Set<string>): void {
  for (const {
    opType,
    input: [stored = '', scale = ''],
  } of graph.nodes) {
    if (opType !== 'DequantizeLinear') continue;
    const integers = new Set<string>();
    addStored(graph, stored, integers);
    if ([...integers].some((name) => tensors.has(name))) tensors.add(scale);
  }
}
