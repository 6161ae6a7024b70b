import { valueDims } from './builder.js';
import { constantTensor } from './constants.js';
import { dataTypeBits } from './data-type.js';
import type { Graph } from './graph.js';
import { INTS_RULES } from './shape-ints.js';
import type { Known, Shape } from './shape-rule.js';
import { SHAPES_RULES, SHAPE_RULES } from './shape-rules.js';
import { elementCount, tensorDims, tensorToNumbers } from './tensor.js';

/** Integer constants longer than this are weights, not shapes. */
const MAX_SHAPE_VALUES = 64;

/**
 * Shapes of the main graph's values as far as they follow from the file, with the batch (the symbolic first dimension of the
 * inputs, and every dimension of that name) taken as 1. Other symbolic dimensions leave what depends on them unknown.
 */
export function staticShapes(graph: Graph): Map<string, Shape> {
  const shapes = declaredShapes(graph);
  const ints = new Map<string, readonly number[]>();
  const known: Known = {
    shape: (value) => (value ? (shapes.get(value) ?? constantShape(graph, value)) : undefined),
    ints: (value) => (value ? (ints.get(value) ?? constantInts(graph, value)) : undefined),
  };
  for (const node of graph.nodes) {
    const [output] = node.output;
    if (!output) continue;
    const values = INTS_RULES[node.opType]?.(node, known);
    if (values && values.length <= MAX_SHAPE_VALUES) ints.set(output, values);
    const outputs = SHAPES_RULES[node.opType]?.(node, known) ?? [SHAPE_RULES[node.opType]?.(node, known)];
    outputs.forEach((shape, i) => {
      if (node.output[i] && shape?.every((dim) => Number.isInteger(dim) && dim >= 0)) shapes.set(node.output[i], shape);
    });
  }
  return shapes;
}

function declaredShapes(graph: Graph): Map<string, Shape> {
  const batch = new Set(graph.inputs.map((input) => valueDims(input)?.[0]).filter((dim) => typeof dim === 'string'));
  const shapes = new Map<string, Shape>();
  for (const info of [...graph.inputs, ...graph.proto.valueInfo, ...graph.outputs]) {
    const dims = valueDims(info)?.map((dim, axis) => (typeof dim === 'number' && dim > 0 ? dim : batch.has(dim as string) && (dim !== '' || axis === 0) ? 1 : undefined));
    if (dims?.every((dim) => dim !== undefined)) shapes.set(info.name, dims);
  }
  return shapes;
}

function constantShape(graph: Graph, value: string): Shape | undefined {
  const tensor = constantTensor(graph, value);
  return tensor && tensorDims(tensor);
}

function constantInts(graph: Graph, value: string): readonly number[] | undefined {
  const tensor = constantTensor(graph, value);
  return tensor && dataTypeBits(tensor.dataType) && elementCount(tensor.dims) <= MAX_SHAPE_VALUES ? tensorToNumbers(tensor) : undefined;
}
