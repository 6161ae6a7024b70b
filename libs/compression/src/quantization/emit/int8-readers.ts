import {
  elementOf,
  floatAttribute,
  hasAttribute,
  outputOf,
  stringAttribute,
  tensorToFloats,
  type Graph,
  type NodeProto,
} from '#onnx';
import type { Layer } from '../layers/layers.js';

const MOVES: ReadonlySet<string> = new Set([
  'MaxPool',
  'Flatten',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Identity',
  'Split',
  'Slice',
]);

/** Whether a node moves elements without computing, so that what it gives lies on the grid of its first input. */
export function movesElements(node: NodeProto): boolean {
  if (node.opType === 'Resize') return stringAttribute(node, 'mode', 'nearest') === 'nearest';
  return MOVES.has(node.opType);
}

/** What a node moves to: a Split has several parts, the other outputs of a MaxPool are positions. */
export function movedOutputs(node: NodeProto): string[] {
  return node.opType === 'Split' ? node.output.filter((value) => value !== '') : [outputOf(node)];
}

/**
 * Operators with an int8 kernel of their own, used where all they read is quantized already and what they give is read
 * by an int8 node: activations then stay integers from layer to layer.
 */
export const INT8_COMPANIONS: ReadonlySet<string> = new Set(['Add', 'Mul', 'Sigmoid', 'GlobalAveragePool', 'Concat']);

/** Tells which values an int8 node would read. */
export class Int8Readers {
  private readonly chosen: ReadonlySet<NodeProto>;
  private readonly known = new Map<string, boolean>();

  /** `refused` are companions that stay float, because something they read does. */
  constructor(
    private readonly graph: Graph,
    layers: readonly Layer[],
    private readonly refused: ReadonlySet<NodeProto> = new Set(),
  ) {
    this.chosen = new Set(layers.map(({ node }) => node));
  }

  /** Whether an int8 node would read the value. */
  want(value: string): boolean {
    const known = this.known.get(value);
    if (known !== undefined) return known;
    const wanted = this.graph.consumers(value).some(({ node, index }) => this.isInt8(node, index));
    this.known.set(value, wanted);
    return wanted;
  }

  private isInt8(node: NodeProto, index: number): boolean {
    if (this.chosen.has(node)) return index === 0;
    if (movesElements(node)) return index === 0 && this.wantMoved(node);
    return this.isCompanion(node) && this.want(activatedOutput(this.graph, node));
  }

  /** Whether an int8 node would read what a node moves. */
  wantMoved(node: NodeProto): boolean {
    return movedOutputs(node).some((value) => this.want(value));
  }

  /** Whether a node could run as integers beside layers. */
  isCompanion(node: NodeProto): boolean {
    if (!INT8_COMPANIONS.has(node.opType) || this.refused.has(node)) return false;
    return !node.input.some((value) => this.graph.initializer(value));
  }
}

/** The output of the Relu or Clip at zero that is the only reader of a node's output, else that output itself. */
export function activatedOutput(graph: Graph, node: NodeProto): string {
  const output = outputOf(node);
  const uses = graph.consumers(output);
  const reader = uses.length === 1 && !graph.isOutput(output) ? elementOf(uses, 0, 'uses').node : undefined;
  return reader && clampsAtZero(graph, reader) && elementOf(uses, 0, 'uses').index === 0 ? outputOf(reader) : output;
}

/** Whether a node is a Relu or a Clip whose lower end is zero, which a grid from zero up does by itself. */
export function clampsAtZero(graph: Graph, node: NodeProto): boolean {
  if (node.opType === 'Relu') return true;
  if (node.opType !== 'Clip') return false;
  if (hasAttribute(node, 'min')) return floatAttribute(node, 'min', NaN) === 0;
  const min = graph.initializer(node.input[1] ?? '');
  return min !== undefined && tensorToFloats(min)[0] === 0;
}
