import { DataType, intAttribute, tensorToNumbers, type Graph, type NodeProto, outputOf, elementOf } from '#onnx';
import { positiveAxis, type LinkContext, type ChannelRule, type Rules } from './rule.js';

/** Input positions at which operators take sizes or bounds: what follows from a length that shrinks, follows. */
const TAKES_SIZES: Record<string, readonly number[]> = {
  Expand: [1],
  Pad: [1],
  Reshape: [1],
  Resize: [2, 3],
  Slice: [1, 2],
  Split: [1],
  Tile: [1],
};

/** Operators that hand lengths on, or products of them. */
const HANDS_ON: ReadonlySet<string> = new Set([
  'Concat',
  'Equal',
  'Identity',
  'Mul',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Where',
]);

/** Lengths on their way: of which axes they speak, and whether entry i is still axes[i]. */
interface Lengths {
  axes: readonly number[];
  isInOrder: boolean;
}

/**
 * The runtime computes lengths anew, and operators that take sizes follow them. An axis whose length is reckoned with
 * otherwise stays: x / √(its length), a tensor filled to its length, or a factor of it that a Reshape takes as given.
 */
const shape: ChannelRule = {
  link(context) {
    const x = context.input(0);
    const rank = context.dims(x).length;
    const start = positiveAxis(intAttribute(context.node, 'start', 0), rank);
    const end = positiveAxis(intAttribute(context.node, 'end', rank), rank);
    const axes = [...context.dims(x).keys()].slice(start, end);
    pinReckoned(context, context.output(), { axes, isInOrder: true });
  },
};

const size: ChannelRule = {
  link: (context) =>
    pinReckoned(context, context.output(), {
      axes: context.dims(context.input(0)).map((_, axis) => axis),
      isInOrder: false,
    }),
};

function pinReckoned(context: LinkContext, value: string, lengths: Lengths): void {
  const { graph } = context;
  const pin = () =>
    context.pinAxes(context.input(0), lengths.axes, 'tells the length of this axis to others, who reckon with it');
  if (graph.isOutput(value)) return pin();
  for (const { node, index } of graph.consumers(value)) {
    if (TAKES_SIZES[node.opType]?.includes(index)) continue;
    const next = handedOn(graph, node, index, lengths);
    if (next) pinReckoned(context, outputOf(node), next);
    else pin();
  }
}

/** What of the lengths a node hands on, or null when it reckons with them. */
function handedOn(graph: Graph, node: NodeProto, index: number, { axes, isInOrder }: Lengths): Lengths | null {
  const constant = (input: number) => tensorNumbers(graph, node.input[input]);
  if (node.opType === 'Gather' && index === 0) {
    const chosen = constant(1);
    if (!isInOrder || !chosen) return { axes, isInOrder: false };
    const taken = chosen.map((at) => elementOf(axes, positiveAxis(at, axes.length), 'axes'));
    return { axes: taken, isInOrder: true };
  }
  if (node.opType === 'Slice' && index === 0) {
    const [start, end, step] = [constant(1), constant(2), node.input[4] ? constant(4) : [1]];
    const isPiece = isInOrder && start && end && step?.[0] === 1;
    return isPiece ? { axes: axes.slice(start[0], end[0]), isInOrder: true } : { axes, isInOrder: false };
  }
  if (node.opType === 'Cast')
    return [DataType.INT32, DataType.INT64].includes(intAttribute(node, 'to', 0)) ? { axes, isInOrder } : null;
  return HANDS_ON.has(node.opType) ? { axes, isInOrder: false } : null;
}

function tensorNumbers(graph: Graph, value: string | undefined): number[] | undefined {
  const tensor = graph.initializer(value ?? '');
  return tensor && tensorToNumbers(tensor);
}

export const shapeArithmetic: Rules = { Shape: shape, Size: size };
