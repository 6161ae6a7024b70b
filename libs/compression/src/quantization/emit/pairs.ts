import { DataType, floatTensor, makeNode, makeTensor, type Graph, known, elementOf } from '#onnx';
import { asymmetricGrid, type AffineGrid, type ValueRange } from '../grid/arithmetic.js';
import type { ActivationBits } from '../grid/bits.js';
import type { PairSite } from './placement.js';
import { shortName } from './short-name.js';

export interface ActivationGrid extends AffineGrid {
  bits: ActivationBits;
}

export interface ActivationGridOptions {
  bits(source: string): ActivationBits;
  powerOfTwo: boolean;
  /** The scale of a source, from the tightest that its range allows; 0 for a range of zero width. */
  chooseScale(source: string, tightest: number): number;
}

const ZERO_POINTS = { 8: [DataType.UINT8, Uint8Array], 16: [DataType.UINT16, Uint16Array] } as const;

/**
 * Puts values on their grids: one scale and zero point per source, one QuantizeLinear -> DequantizeLinear pair per
 * site.
 */
export function insertPairs(
  graph: Graph,
  sites: readonly PairSite[],
  ranges: ReadonlyMap<string, ValueRange>,
  options: ActivationGridOptions,
): Map<string, ActivationGrid> {
  const grids = new Map<string, ActivationGrid>();
  const parameters = new Map<string, [string, string]>();
  const zeroPoints = new Map<string, string>();
  for (const site of sites) {
    if (!grids.has(site.source)) {
      const bits = options.bits(site.source);
      grids.set(site.source, {
        bits,
        ...asymmetricGrid(known(ranges, site.source, 'ranges'), 2 ** bits - 1, options.powerOfTwo, (tightest) =>
          options.chooseScale(site.source, tightest),
        ),
      });
      parameters.set(site.source, addGrid(graph, known(grids, site.source, 'grids'), zeroPoints));
    }
    insertPair(graph, site, known(parameters, site.source, 'parameters'));
  }
  return grids;
}

/** Equal zero points are one tensor. */
function addGrid(
  graph: Graph,
  { bits, scale, zeroPoint }: ActivationGrid,
  zeroPoints: Map<string, string>,
): [string, string] {
  const key = `${bits} bits: ${zeroPoint}`;
  const [type, Integers] = ZERO_POINTS[bits];
  const shared =
    zeroPoints.get(key) ?? graph.addInitializer(makeTensor(shortName(graph), type, [], Integers.of(zeroPoint))).name;
  zeroPoints.set(key, shared);
  return [graph.addInitializer(floatTensor(shortName(graph), [], [scale])).name, shared];
}

/**
 * Where all readers want the grid, the DequantizeLinear takes over the value's name and its producer writes a fresh
 * one.
 */
function insertPair(graph: Graph, { value, readers }: PairSite, parameters: [string, string]): void {
  const producer = graph.producer(value);
  const quantized = shortName(graph);
  const [exact, dequantized] = readers === null ? [shortName(graph), value] : [value, shortName(graph)];
  if (readers === null) graph.setOutput(producer!, producer!.output.indexOf(value), exact);
  const place = producer ? { after: producer } : { before: elementOf(graph.nodes, 0, 'nodes') };
  const quantize = graph.addNode(makeNode('QuantizeLinear', [exact, ...parameters], [quantized]), place);
  graph.addNode(makeNode('DequantizeLinear', [quantized, ...parameters], [dequantized]), { after: quantize });
  for (const reader of readers ?? []) graph.setInput(reader, reader.input.indexOf(value), dequantized);
}
