import { floatAttribute, hasAttribute, tensorToFloats, type Graph, type NodeProto } from '#onnx';
import type { Layer } from './layers.js';

/** Where a QuantizeLinear -> DequantizeLinear pair goes. */
export interface PairSite {
  /** The value that is put on the grid. */
  value: string;
  /** The value whose statistics decide the grid: another one where an operator only moves elements about. */
  source: string;
  /** The nodes that read the quantized value, or null for all of them. */
  readers: NodeProto[] | null;
}

/** Operators that move elements without computing, so that their output lies on their input's grid. */
const MOVES_ELEMENTS = new Set(['MaxPool', 'Flatten', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Identity']);

/** Operators with an int8 kernel of their own, used where all they read is quantized already. */
const INT8_COMPANIONS = new Set(['Add', 'GlobalAveragePool', 'Concat']);

/**
 * Decides which values get a pair so that the runtime fuses int8 kernels:
 * - `X -> Conv -> Relu -> Y` becomes `Q(X) -> DQ -> Conv -> Relu -> Q(Y) -> DQ`: the Relu vanishes into the grid;
 * - `Y -> MaxPool -> Z` gets a pair at Z with Y's grid, which the runtime drops, leaving an integer MaxPool;
 * - a Conv's or biased Gemm's output always gets one, since their int8 kernels do not give floats; a MatMul's or bare
 *   Gemm's only where an int8 node reads it.
 */
export function placePairs(graph: Graph, layers: readonly Layer[]): PairSite[] {
  return new Placement(graph, layers).sites();
}

class Placement {
  private readonly layerOf: ReadonlyMap<NodeProto, Layer>;
  private readonly placed = new Map<string, PairSite>();
  private readonly wanted = new Map<string, boolean>();

  constructor(
    private readonly graph: Graph,
    layers: readonly Layer[],
  ) {
    this.layerOf = new Map(layers.map((layer) => [layer.node, layer]));
  }

  sites(): PairSite[] {
    for (const node of this.graph.nodes) {
      const layer = this.layerOf.get(node);
      if (layer) this.placeLayer(layer);
      else if (MOVES_ELEMENTS.has(node.opType)) this.placeMove(node);
      else if (INT8_COMPANIONS.has(node.opType)) this.placeCompanion(node);
    }
    return [...this.placed.values()];
  }

  private placeLayer({ node, input }: Layer): void {
    const site = this.placed.get(input);
    if (!site) this.placed.set(input, { value: input, source: input, readers: [node] });
    else site.readers?.push(node);
    const output = activatedOutput(this.graph, node);
    if (!givesFloat(node) || this.isWanted(output)) this.placed.set(output, { value: output, source: output, readers: null });
  }

  private placeMove(node: NodeProto): void {
    const site = this.placed.get(node.input[0]!);
    const output = node.output[0]!;
    if (site?.readers === null && this.isWanted(output)) this.placed.set(output, { value: output, source: site.source, readers: null });
  }

  private placeCompanion(node: NodeProto): void {
    const output = activatedOutput(this.graph, node);
    const isInt8 = node.input.every((value) => this.placed.get(value)?.readers === null);
    if (isInt8 && this.isWanted(output)) this.placed.set(output, { value: output, source: output, readers: null });
  }

  /** Whether an int8 node would read the value. */
  private isWanted(value: string): boolean {
    const known = this.wanted.get(value);
    if (known !== undefined) return known;
    const wanted = this.graph.consumers(value).some(({ node, index }) => this.readsInt8(node, index));
    this.wanted.set(value, wanted);
    return wanted;
  }

  private readsInt8(node: NodeProto, index: number): boolean {
    if (this.layerOf.get(node)) return index === 0;
    if (MOVES_ELEMENTS.has(node.opType)) return index === 0 && this.isWanted(node.output[0]!);
    return INT8_COMPANIONS.has(node.opType) && this.isWanted(activatedOutput(this.graph, node));
  }
}

/** Whether the runtime's int8 kernel for a layer can write floats. */
function givesFloat(node: NodeProto): boolean {
  return node.opType === 'MatMul' || (node.opType === 'Gemm' && !node.input[2]);
}

/** The output of the Relu or Clip at zero that is the only reader of a node's output, else that output itself. */
export function activatedOutput(graph: Graph, node: NodeProto): string {
  const output = node.output[0]!;
  const uses = graph.consumers(output);
  const reader = uses.length === 1 && !graph.isOutput(output) ? uses[0]!.node : undefined;
  return reader && clampsAtZero(graph, reader) && uses[0]!.index === 0 ? reader.output[0]! : output;
}

function clampsAtZero(graph: Graph, node: NodeProto): boolean {
  if (node.opType === 'Relu') return true;
  if (node.opType !== 'Clip') return false;
  if (hasAttribute(node, 'min')) return floatAttribute(node, 'min', NaN) === 0;
  const min = graph.initializer(node.input[1] ?? '');
  return min !== undefined && tensorToFloats(min)[0] === 0;
}
