import { DataType, floatTensor, makeNode, makeTensor, type Graph } from '#onnx';
import { asymmetricGrid, type AffineGrid, type Range } from './arithmetic.js';
import type { PairSite } from './placement.js';

/** Puts values on their grids: one scale and zero point per source, one QuantizeLinear -> DequantizeLinear pair per site. */
export function insertPairs(graph: Graph, sites: readonly PairSite[], ranges: ReadonlyMap<string, Range>): Map<string, AffineGrid> {
  const grids = new Map<string, AffineGrid>();
  const parameters = new Map<string, [string, string]>();
  for (const site of sites) {
    if (!grids.has(site.source)) {
      grids.set(site.source, asymmetricGrid(ranges.get(site.source)!));
      parameters.set(site.source, addGrid(graph, site.source, grids.get(site.source)!));
    }
    insertPair(graph, site, parameters.get(site.source)!);
  }
  return grids;
}

function addGrid(graph: Graph, value: string, grid: AffineGrid): [string, string] {
  const scale = graph.addInitializer(floatTensor(graph.freshName(`${value}_scale`), [], [grid.scale]));
  const zeroPoint = graph.addInitializer(makeTensor(graph.freshName(`${value}_zero_point`), DataType.UINT8, [], Uint8Array.of(grid.zeroPoint)));
  return [scale.name, zeroPoint.name];
}

/** Where all readers want the grid, the DequantizeLinear takes over the value's name and its producer writes a fresh one. */
function insertPair(graph: Graph, { value, readers }: PairSite, parameters: [string, string]): void {
  const producer = graph.producer(value);
  const quantized = graph.freshName(`${value}_quantized`);
  const [exact, dequantized] = readers === null ? [graph.freshName(`${value}_float`), value] : [value, graph.freshName(`${value}_dequantized`)];
  if (readers === null) graph.setOutput(producer!, producer!.output.indexOf(value), exact);
  const place = producer ? { after: producer } : { before: graph.nodes[0]! };
  const quantize = graph.addNode(makeNode('QuantizeLinear', [exact, ...parameters], [quantized], {}, { name: graph.freshName(`${value}_QuantizeLinear`) }), place);
  graph.addNode(makeNode('DequantizeLinear', [quantized, ...parameters], [dequantized], {}, { name: graph.freshName(`${value}_DequantizeLinear`) }), { after: quantize });
  for (const reader of readers ?? []) graph.setInput(reader, reader.input.indexOf(value), dequantized);
}
