import type { Graph, NodeProto } from '#onnx';
import type { Layer } from '../layers/layers.js';
import type { ValueRange } from '../grid/arithmetic.js';
import { activatedOutput, Int8Readers, movedOutputs, movesElements } from './int8-readers.js';

/** Where a QuantizeLinear -> DequantizeLinear pair goes. */
export interface PairSite {
  /** The value that is put on the grid. */
  value: string;
  /** The value whose statistics decide the grid: another one where an operator only moves elements about. */
  source: string;
  /** The nodes that read the quantized value, or null for all of them. */
  readers: NodeProto[] | null;
  /** The range of the source where its operator decides it, whatever the data. */
  range?: ValueRange;
}

/** What a Sigmoid gives, on the grid of 256 steps that the runtimes' kernels have for it. */
const RANGE_OF: Readonly<Record<string, ValueRange>> = { Sigmoid: { min: 0, max: 255 / 256 } };

/**
 * Decides which values get a pair so that the runtime fuses int8 kernels:
 * - `X -> Conv -> Relu -> Y` becomes `Q(X) -> DQ -> Conv -> Relu -> Q(Y) -> DQ`: the Relu vanishes into the grid;
 * - `Y -> MaxPool -> Z` gets a pair at Z with Y's grid, which the runtime drops, leaving an integer MaxPool;
 * - a Conv's output always gets one, since its int8 kernel does not give floats, and that of a Gemm whose bias was left
 *   in it (see
 *   giveFusibleForm); a MatMul's or bare Gemm's only where an int8 node reads it.
 */
export function placePairs(graph: Graph, layers: readonly Layer[]): PairSite[] {
  const refused = new Set<NodeProto>();
  for (;;) {
    const placement = new Placement(graph, layers, refused);
    const sites = placement.sites();
    if (placement.unfed.length === 0) return sites;
    placement.unfed.forEach((node) => refused.add(node));
  }
}

/** The ranges that operators decide, by source. */
export function fixedRanges(sites: readonly PairSite[]): Map<string, ValueRange & { saturation: number }> {
  const known = sites.flatMap(({ source, range }) => (range ? [{ source, range }] : []));
  return new Map(known.map(({ source, range }) => [source, { ...range, saturation: 0 }]));
}

class Placement {
  private readonly layerOf: ReadonlyMap<NodeProto, Layer>;
  private readonly placed = new Map<string, PairSite>();
  private readonly int8: Int8Readers;
  /** Companions that an int8 node wants and that read floats: what is placed for them is of no use. */
  readonly unfed: NodeProto[] = [];

  constructor(
    private readonly graph: Graph,
    layers: readonly Layer[],
    refused: ReadonlySet<NodeProto>,
  ) {
    this.layerOf = new Map(layers.map((layer) => [layer.node, layer]));
    this.int8 = new Int8Readers(graph, layers, refused);
  }

  sites(): PairSite[] {
    for (const node of this.graph.nodes) {
      const layer = this.layerOf.get(node);
      if (layer) this.placeLayer(layer);
      else if (movesElements(node)) this.placeMove(node);
      else if (this.int8.isCompanion(node)) this.placeCompanion(node);
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
    if (site?.readers !== null || !this.int8.wantMoved(node)) return;
    for (const output of movedOutputs(node)) this.place(output, site.source);
  }

  private placeCompanion(node: NodeProto): void {
    const output = activatedOutput(this.graph, node);
    if (!this.int8.want(output)) return;
    const isFed = node.input.every((value) => this.placed.get(value)?.readers === null);
    if (isFed) this.place(output, output, RANGE_OF[node.opType]);
    else this.unfed.push(node);
  }

  /**
   * The runtime carries a pair across operators that move elements to whatever reads them, and aborts where that is the
   * body of an If, Loop or Scan: such a value stays float. A layer that comes out with its weight expanded for it is
   * told of (`expanded`).
   */
  private place(value: string, source: string, range?: ValueRange): void {
    const site = { value, source, readers: null };
    if (!this.isMovedIntoBody(value)) this.placed.set(value, range ? { ...site, range } : site);
  }

  private isMovedIntoBody(value: string): boolean {
    const moves = this.graph.consumers(value).filter(({ node, index }) => index === 0 && movesElements(node));
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
