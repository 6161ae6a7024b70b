import { DataType, floatTensor, makeNode, makeTensor, tensorDims, tensorToFloats, type Graph, type NodeProto } from '#onnx';
import { asymmetricGrid, channelLayout, channelMaxima, dequantizeSymmetric, guardBias, quantizeSymmetric, snrDb, symmetricScales, type AffineGrid, type Range } from './arithmetic.js';
import type { Layer } from './layers.js';
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

export interface WeightOptions {
  perChannel: boolean;
  /** Largest magnitude of a stored integer. */
  limit: number;
}

/** What a layer's weight became, for the report. */
export interface WeightReport {
  scaleMin: number;
  scaleMax: number;
  snrDb: number | null;
}

/**
 * Stores a layer's weight as int8 behind a DequantizeLinear. A weight that several layers read along the same axis is
 * stored once; other readers keep the float tensor.
 */
export class WeightStore {
  private readonly stored = new Map<string, { output: string; report: WeightReport }>();

  constructor(
    private readonly graph: Graph,
    private readonly options: WeightOptions,
  ) {}

  quantize(layer: Layer, inputScale: number): WeightReport {
    const key = JSON.stringify([layer.weight, layer.axis]);
    const entry = this.stored.get(key) ?? this.store(layer, inputScale);
    this.stored.set(key, entry);
    this.graph.setInput(layer.node, layer.weightIndex, entry.output);
    return entry.report;
  }

  private store({ node, weight, axis, bias }: Layer, inputScale: number): { output: string; report: WeightReport } {
    const { graph, options } = this;
    const tensor = graph.initializer(weight)!;
    const dims = tensorDims(tensor);
    const values = tensorToFloats(tensor);
    const layout = channelLayout(dims, options.perChannel ? axis : null);
    const biasTensor = bias ? graph.initializer(bias) : undefined;
    const plain = symmetricScales(channelMaxima(values, layout), options.limit);
    const scales = biasTensor && options.perChannel ? guardBias(plain, inputScale, tensorToFloats(biasTensor)) : plain;
    const quantized = quantizeSymmetric(values, layout, scales, options.limit);
    const output = addDequantized(graph, { weight, dims, quantized, scales, axis: options.perChannel ? axis : null, before: node });
    return { output, report: { scaleMin: Math.min(...scales), scaleMax: Math.max(...scales), snrDb: snrDb(values, dequantizeSymmetric(quantized, layout, scales)) } };
  }
}

interface IntegerWeight {
  weight: string;
  dims: number[];
  quantized: Int8Array;
  scales: Float32Array;
  axis: number | null;
  before: NodeProto;
}

function addDequantized(graph: Graph, { weight, dims, quantized, scales, axis, before }: IntegerWeight): string {
  const shape = axis === null ? [] : [scales.length];
  const integers = graph.addInitializer(makeTensor(graph.freshName(`${weight}_quantized`), DataType.INT8, dims, quantized));
  const scale = graph.addInitializer(floatTensor(graph.freshName(`${weight}_scale`), shape, scales));
  const zeroPoint = graph.addInitializer(makeTensor(graph.freshName(`${weight}_zero_point`), DataType.INT8, shape, new Int8Array(scales.length)));
  const output = graph.freshName(`${weight}_dequantized`);
  const name = graph.freshName(`${weight}_DequantizeLinear`);
  graph.addNode(makeNode('DequantizeLinear', [integers.name, scale.name, zeroPoint.name], [output], { axis: axis ?? undefined }, { name }), { before });
  return output;
}
