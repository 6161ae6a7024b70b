import { type Graph, type NodeProto, outputOf } from '#onnx';
import { activatedOutput, INT8_COMPANIONS, Int8Readers, MOVES_ELEMENTS } from './int8-readers.js';
import type { Layer } from '../layers/layers.js';

/** Operators across which the runtime carries pairs. */
const CARRIES_PAIRS = new Set([...MOVES_ELEMENTS, 'Slice']);

/** Where a QuantizeLinear -> DequantizeLinear pair goes. */
export interface PairSite {
  /** The value that is put on the grid. */
  value: string;
  /** The value whose statistics decide the grid: another one where an operator only moves elements about. */
  source: string;
  /** The nodes that read the quantized value, or null for all of them. */
  readers: NodeProto[] | null;
}

/**
 * Decides which values get a pair so that the runtime fuses int8 kernels:
 * - `X -> Conv -> Relu -> Y` becomes `Q(X) -> DQ -> Conv -> Relu -> Q(Y) -> DQ`: the Relu vanishes into the grid;
 * - `Y -> MaxPool -> Z` gets a pair at Z with Y's grid, which the runtime drops, leaving an integer MaxPool;
 * - a Conv's output always gets one, since its int8 kernel does not give floats, and that of a Gemm whose bias was left
 *   in it (see
 *   giveFusibleForm); a MatMul's or bare Gemm's only where an int8 node reads it.
 */
export function placePairs(graph: Graph, layers: readonly Layer[]): PairSite[] {
  return new Placement(graph, layers).sites();
}

class Placement {
  private readonly layerOf: ReadonlyMap<NodeProto, Layer>;
  private readonly placed = new Map<string, PairSite>();
  private readonly int8: Int8Readers;

  constructor(
    private readonly graph: Graph,
    layers: readonly Layer[],
  ) {
    this.layerOf = new Map(layers.map((layer) => [layer.node, layer]));
    this.int8 = new Int8Readers(graph, layers);
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
    if (!givesFloat(node) || this.int8.want(output)) this.place(output, output);
  }

  private placeMove(node: NodeProto): void {
    const site = this.placed.get(node.input[0] ?? '');
    const output = outputOf(node);
    if (site?.readers === null && this.int8.want(output)) this.place(output, site.source);
  }

  private placeCompanion(node: NodeProto): void {
    const output = activatedOutput(this.graph, node);
    const isInt8 = node.input.every((value) => this.placed.get(value)?.readers === null);
    if (isInt8 && this.int8.want(output)) this.place(output, output);
  }

  /**
   * The runtime carries a pair across operators that move elements to whatever reads them, and aborts where that is the
   * body of an If, Loop or Scan: such a value stays float. A layer that comes out with its weight expanded for it is
   * told of (`expanded`).
   */
  private place(value: string, source: string): void {
    if (!this.isMovedIntoBody(value)) this.placed.set(value, { value, source, readers: null });
  }

  private isMovedIntoBody(value: string): boolean {
    const moves = this.graph
      .consumers(value)
      .filter(({ node, index }) => index === 0 && CARRIES_PAIRS.has(node.opType));
    return moves.some(({ node }) =>
      node.output.some(
        (moved) => this.graph.consumers(moved).some(({ index }) => index < 0) || this.isMovedIntoBody(moved),
      ),
    );
  }
}

/** Whether the runtime's int8 kernel for a layer can write floats. */
function givesFloat(node: NodeProto): boolean {
  return node.opType === 'MatMul' || (node.opType === 'Gemm' && !node.input[2]);
}
