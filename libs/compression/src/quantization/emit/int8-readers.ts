import { floatAttribute, hasAttribute, tensorToFloats, type Graph, type NodeProto, outputOf, elementOf } from '#onnx';
import type { Layer } from '../layers/layers.js';

/** Operators that move elements without computing, so that their output lies on their input's grid. */
export const MOVES_ELEMENTS: ReadonlySet<string> = new Set([
  'MaxPool',
  'Flatten',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Identity',
]);

/** Operators with an int8 kernel of their own, used where all they read is quantized already. */
export const INT8_COMPANIONS: ReadonlySet<string> = new Set(['Add', 'GlobalAveragePool', 'Concat']);

/** Tells which values an int8 node would read. */
export class Int8Readers {
  private readonly chosen: ReadonlySet<NodeProto>;
  private readonly known = new Map<string, boolean>();

  constructor(
    private readonly graph: Graph,
    layers: readonly Layer[],
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
    if (MOVES_ELEMENTS.has(node.opType)) return index === 0 && this.want(outputOf(node));
    if (!INT8_COMPANIONS.has(node.opType) || node.input.some((value) => this.graph.initializer(value))) return false;
    return this.want(activatedOutput(this.graph, node));
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
