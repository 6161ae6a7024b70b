import { valueDims } from './builder.js';
import { constantTensor } from './constants.js';
import type { Graph } from './graph.js';
import type { KnownShapes, Shape } from './shape-rule.js';
import { SHAPES_RULES, INFERENCE_RULES } from './shape-rules.js';
import { SIZE_RULES } from './size-rules.js';
import { MAX_SIZE_ELEMENTS, isFloatType, sizeOf, type KnownSizes, type SizeValue } from './size-value.js';
import { tensorDims } from './tensor.js';

/** What follows from a file and the shapes of its inputs. */
export interface Inferred {
  shapes: Map<string, Shape>;
  /**
   * Values in which the graph reckons with sizes: whole numbers, and floats that follow from shapes. Arithmetic of
   * floats alone may be learned.
   */
  sizes: Map<string, SizeValue>;
}

/**
 * Shapes of the main graph's values as far as they follow from the file, with the batch (the symbolic first dimension
 * of the inputs, and every dimension of that name) taken as 1. Other symbolic dimensions leave what depends on them
 * unknown.
 */
export function staticShapes(graph: Graph): Map<string, Shape> {
  const declared = declaredShapes(graph);
  return new Map([...declared, ...inferFrom(graph, new Map(), declared).shapes]);
}

/**
 * Shapes and sizes that follow from the shapes of some values, which the result holds too; `declared` ones count where
 * nothing better is known.
 */
export function inferFrom(
  graph: Graph,
  known: ReadonlyMap<string, Shape>,
  declared: ReadonlyMap<string, Shape> = new Map(),
): Inferred {
  const shapes = new Map(known);
  const sizes = new Map<string, SizeValue>();
  const told = new Set<string>();
  const shape = (value: string | undefined) =>
    value ? (shapes.get(value) ?? declared.get(value) ?? constantShape(graph, value)) : undefined;
  const size = (value: string | undefined) => (value ? (sizes.get(value) ?? constantSize(graph, value)) : undefined);
  const ask: KnownShapes & KnownSizes = { shape, size, ints: (value) => size(value)?.values };
  for (const node of graph.nodes) {
    const [output] = node.output;
    if (!output || !STANDARD.has(node.domain)) continue;
    const reckoned = SIZE_RULES[node.opType]?.(node, ask);
    if (reckoned && reckoned.values.length <= MAX_SIZE_ELEMENTS) {
      sizes.set(output, reckoned);
      if (!isFloatType(reckoned.type) || node.input.some((value) => told.has(value))) told.add(output);
    }
    const inferred = () => reckoned?.dims ?? INFERENCE_RULES[node.opType]?.(node, ask);
    const outputs = SHAPES_RULES[node.opType]?.(node, ask) ?? [inferred()];
    outputs.forEach((dims, i) => {
      if (node.output[i] && !known.has(node.output[i]) && dims?.every((dim) => Number.isInteger(dim) && dim >= 0))
        shapes.set(node.output[i], dims);
    });
  }
  return { shapes, sizes: new Map([...sizes].filter(([value]) => told.has(value))) };
}

/** Domains whose operators the rules speak of. */
const STANDARD: ReadonlySet<string> = new Set(['', 'ai.onnx', 'com.microsoft']);

function declaredShapes(graph: Graph): Map<string, Shape> {
  const leading = graph.inputs.map((input) => valueDims(input)?.[0]);
  const batch = new Set(leading.filter((dim) => typeof dim === 'string'));
  const shapes = new Map<string, Shape>();
  for (const info of [...graph.inputs, ...graph.proto.valueInfo, ...graph.outputs]) {
    const dims = valueDims(info)?.map((dim, axis) =>
      typeof dim === 'number' && dim > 0 ? dim : batch.has(dim as string) && (dim !== '' || axis === 0) ? 1 : undefined,
    );
    if (dims?.every((dim) => dim !== undefined)) shapes.set(info.name, dims);
  }
  return shapes;
}

function constantShape(graph: Graph, value: string): Shape | undefined {
  const tensor = constantTensor(graph, value);
  return tensor && tensorDims(tensor);
}

function constantSize(graph: Graph, value: string): SizeValue | undefined {
  const tensor = constantTensor(graph, value);
  return tensor && sizeOf(tensor);
}
