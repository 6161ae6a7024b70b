import { observeShapes } from '#inference';
import {
  isSameEveryRun,
  Graph,
  cloneModel,
  constantTensor,
  int64Tensor,
  makeNode,
  makeValueInfo,
  tensorToNumbers,
  valueDims,
  valueElemType,
  type ModelProto,
  type NodeProto,
  type Shapes,
} from '#onnx';
import { observeGraph as observeOnGenerated } from '../../rewrites/observe-graph.js';
import { batchAxes } from './batch-axes.js';
import { givesTheSame } from './batch-proof.js';

/** Input that spells out the sizes of an operator's output. */
const SIZES: Readonly<Record<string, number>> = { Reshape: 1, Expand: 1, Resize: 3, Upsample: 3 };

/** Inputs that are states of a batch, and the axis along which its samples lie there. */
const STATES: Readonly<Record<string, { inputs: readonly number[]; axis: number }>> = {
  LSTM: { inputs: [5, 6], axis: 1 },
  GRU: { inputs: [5], axis: 1 },
  RNN: { inputs: [5], axis: 1 },
};

/** Samples that a model takes at once, where its file fixes them. */
export function fixedBatch({ inputs }: Graph): number | null {
  const firsts = inputs.flatMap((input) => valueDims(input)?.[0] ?? []);
  const [size] = firsts.filter((dim) => typeof dim === 'number' && dim > 0);
  return (size as number | undefined) ?? null;
}

/**
 * Lets a model that fixes its batch take any, in place: sizes that spell the batch out follow its input, and constants
 * that fill it stand for each sample. Only where this is proven by running both, so that each sample has the same
 * answers in either. Returns whether it was; the model stays as it is where not. Constants must be initializers.
 */
export async function freeBatch(model: ModelProto): Promise<boolean> {
  const batch = fixedBatch(new Graph(model));
  if (batch === null) return true;
  const free = cloneModel(model);
  try {
    const { feeds } = await observeOnGenerated(model);
    const graph = new Graph(free);
    rewrite(graph, batch, await observeShapes(model, feeds));
    if (!(await givesTheSame(model, free, feeds, batch))) return false;
  } catch {
    // Whatever does not load or run as a whole is no proof.
    return false;
  }
  model.graph = free.graph!;
  return true;
}

function rewrite(graph: Graph, batch: number, shapes: Shapes): void {
  const axes = batchAxes(graph, shapes);
  const size = batchSize(graph);
  for (const node of [...graph.nodes]) {
    const sizes = SIZES[node.opType];
    const state = STATES[node.opType];
    const axis = axes.get(node.output[0]!);
    if (sizes !== undefined && node.input[sizes]) {
      const along = axis ?? (node.opType === 'Expand' ? 0 : -1);
      follow({ graph, node, index: sizes, axis: along, batch, size });
    } else if (state) {
      const along = state.axis;
      for (const index of state.inputs) repeat({ graph, node, index, axis: along, batch, size }, shapes);
    } else if (node.input.some((value) => axes.has(value)))
      node.input.forEach((_, index) => repeat({ graph, node, index, axis: axis ?? -1, batch, size }, shapes));
  }
  for (const input of graph.inputs)
    if (typeof valueDims(input)?.[0] === 'number')
      Object.assign(input, makeValueInfo(input.name, valueElemType(input), ['batch', ...valueDims(input)!.slice(1)]));
  graph.proto.valueInfo = [];
  graph.proto.output = graph.outputs.map((output) => makeValueInfo(output.name, valueElemType(output)));
}

/** An input of a node that speaks of the batch along an axis of the output. */
interface Site {
  graph: Graph;
  node: NodeProto;
  index: number;
  axis: number;
  batch: number;
  /** Value that holds the size of the batch, [1]. */
  size: () => string;
}

/** Sizes [.., k · batch, ..] that are constants become those of the batch at hand. */
function follow({ graph, node, index, axis, batch, size }: Site): void {
  const tensor = constantTensor(graph, node.input[index]!);
  const sizes = tensor && tensorToNumbers(tensor);
  if (!sizes || axis < 0 || axis >= sizes.length || sizes[axis]! <= 0 || sizes[axis]! % batch !== 0) return;
  const ints = (values: readonly number[]) => {
    const part = int64Tensor(graph.freshName(`${node.input[index]}_part`), [values.length], values);
    return graph.addInitializer(part).name;
  };
  const here = graph.freshName(`${node.output[0]}_samples`);
  const scaled = [size(), ints([sizes[axis]! / batch])];
  graph.addNode(makeNode('Mul', scaled, [here]), { before: node });
  const whole = graph.freshName(`${node.output[0]}_sizes`);
  const parts = [
    ...(axis > 0 ? [ints(sizes.slice(0, axis))] : []),
    here,
    ...(axis < sizes.length - 1 ? [ints(sizes.slice(axis + 1))] : []),
  ];
  graph.addNode(makeNode('Concat', parts, [whole], { axis: 0 }), { before: node });
  graph.setInput(node, index, whole);
}

/** A constant that has a row for each sample: where all rows are the same one is repeated. */
function repeat({ graph, node, index, axis, batch, size }: Site, shapes: Shapes): void {
  const value = node.input[index]!;
  const dims = shapes.get(value);
  if (!dims || value === '' || !isSameEveryRun(graph, value) || axis < 0) return;
  const isJoined = node.opType === 'Concat' || node.opType in STATES;
  const at = isJoined ? axis : axis - (shapes.get(node.output[0]!)!.length - dims.length);
  if (at < 0 || dims[at] !== batch || (!isJoined && (batch === 1 || !BROADCASTING.has(node.opType)))) return;
  const one = graph.freshName(`${value}_sample`);
  const ints = (values: readonly number[]) => {
    const part = int64Tensor(graph.freshName(`${value}_part`), [values.length], values);
    return graph.addInitializer(part).name;
  };
  const first = [ints([0]), ints([1]), ints([at])];
  graph.addNode(makeNode('Slice', [value, ...first], [one]), { before: node });
  if (!isJoined) return graph.setInput(node, index, one);
  const [whole, all] = [graph.freshName(`${value}_dims`), graph.freshName(`${value}_samples`)];
  const others = (from: number, to: number) => (to > from ? [ints(dims.slice(from, to))] : []);
  const extents = [...others(0, at), size(), ...others(at + 1, dims.length)];
  graph.addNode(makeNode('Concat', extents, [whole], { axis: 0 }), { before: node });
  graph.addNode(makeNode('Expand', [one, whole], [all]), { before: node });
  graph.setInput(node, index, all);
}

const BROADCASTING: ReadonlySet<string> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Where',
  'Max',
  'Min',
  'Pow',
  'Equal',
  'Greater',
  'Less',
]);

/** Writes, when first asked for, the size of the batch as the first input has it. */
function batchSize(graph: Graph): () => string {
  let written: string | null = null;
  return () => {
    if (written !== null) return written;
    const [input] = graph.inputs;
    const shape = graph.freshName(`${input!.name}_shape`);
    written = graph.freshName(`${input!.name}_batch`);
    const [first] = graph.nodes;
    const ints = (value: number) => {
      const part = int64Tensor(graph.freshName(`${input!.name}_part`), [1], [value]);
      return graph.addInitializer(part).name;
    };
    graph.addNode(makeNode('Shape', [input!.name], [shape]), { before: first! });
    const bounds = [ints(0), ints(1)];
    graph.addNode(makeNode('Slice', [shape, ...bounds], [written]), { before: first! });
    return written;
  };
}
