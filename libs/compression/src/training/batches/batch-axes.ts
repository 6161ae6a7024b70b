import {
  intAttribute,
  intsAttribute,
  constantTensor,
  tensorToNumbers,
  type Graph,
  type NodeProto,
  type Shapes,
} from '#onnx';

/** What a rule is given: the axis of the batch in an input that has one, and all shapes. */
interface Place {
  graph: Graph;
  node: NodeProto;
  /** Position of the input. */
  index: number;
  axis: number;
  from: readonly number[];
  to: readonly number[];
}

type Rule = (place: Place, output: number) => number | null;

const reduction: Rule = ({ graph, node, axis, from, to }) => {
  if (to.length === from.length) return axis;
  const named = numbersAt(graph, node, 1) ?? intsAttribute(node, 'axes', [intAttribute(node, 'axis', 0)]);
  const axes = named.map((other) => positive(other, from.length));
  return axes.includes(axis) ? null : axis - axes.filter((other) => other < axis).length;
};

/** [sequence, batch, input] -> Y [sequence, directions, batch, hidden], Y_h and Y_c [directions, batch, hidden]. */
const recurrence: Rule = ({ node, index, axis }, output) => {
  if (intAttribute(node, 'layout', 0) === 1) return 0;
  return index === 0 && axis === 1 ? (output === 0 ? 2 : 1) : null;
};

/** Where an axis goes, by operator; others keep it, counted from the end. */
const RULES: Readonly<Record<string, Rule>> = {
  Transpose: ({ node, axis, from }) => intsAttribute(node, 'perm', [...from.keys()].reverse()).indexOf(axis),
  Reshape: reshaped,
  Flatten: reshaped,
  Unsqueeze: reshaped,
  Squeeze: reshaped,
  Gather: ({ node, index, axis, from, to }) => {
    const at = positive(intAttribute(node, 'axis', 0), index === 0 ? from.length : to.length);
    if (index === 1) return at + axis;
    if (axis === at) return null;
    return axis < at ? axis : axis + to.length - from.length;
  },
  Gemm: ({ node, index, axis }) => (index === 0 && axis === intAttribute(node, 'transA', 0) ? 0 : null),
  LSTM: recurrence,
  GRU: recurrence,
  RNN: recurrence,
  Shape: () => null,
  Size: () => null,
  ArgMax: reduction,
  ArgMin: reduction,
  ...Object.fromEntries(
    ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'SumSquare', 'LogSum', 'LogSumExp'].map((name) => [
      `Reduce${name}`,
      reduction,
    ]),
  ),
};

/**
 * The axis along which the samples of a batch lie, by value; values that know nothing of the batch have none. A guess:
 * whoever acts on it proves the result.
 */
export function batchAxes(graph: Graph, shapes: Shapes): Map<string, number> {
  const batched = graph.inputs.filter(({ name }) => (shapes.get(name)?.length ?? 0) > 0);
  const axes = new Map(batched.map(({ name }): [string, number] => [name, 0]));
  for (const node of graph.nodes) {
    const index = node.input.findIndex((value) => axes.has(value));
    const from = shapes.get(node.input[index] ?? '');
    if (!from) continue;
    node.output.forEach((value, output) => {
      const to = shapes.get(value);
      if (value === '' || !to) return;
      const rule = RULES[node.opType] ?? fromTheEnd;
      const axis = rule({ graph, node, index, axis: axes.get(node.input[index]!)!, from, to }, output);
      if (axis !== null && axis >= 0 && axis < to.length) axes.set(value, axis);
    });
  }
  return axes;
}

function fromTheEnd({ axis, from, to }: Place): number {
  return axis + to.length - from.length;
}

/** The axis before which as many elements lie as before. */
function reshaped({ axis, from, to }: Place): number | null {
  const before = product(from.slice(0, axis));
  if (axis < to.length && product(to.slice(0, axis)) === before) return axis;
  const found = to.findIndex((_, i) => product(to.slice(0, i)) === before);
  return found < 0 ? null : found;
}

function numbersAt(graph: Graph, node: NodeProto, index: number): number[] | undefined {
  const tensor = node.input[index] ? constantTensor(graph, node.input[index]) : undefined;
  return tensor && tensorToNumbers(tensor);
}

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function product(dims: readonly number[]): number {
  return dims.reduce((total, dim) => total * dim, 1);
}
