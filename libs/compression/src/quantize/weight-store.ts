import { DataType, floatTensor, makeNode, makeTensor, tensorDims, tensorToFloats, type Graph, type NodeProto } from '#onnx';
import { channelLayout, dequantizeSymmetric, guardBias, snrDb } from './arithmetic.js';
import { BiasCorrection } from './bias-correction.js';
import type { Layer } from './layers.js';
import { WeightRounding } from './rounding.js';
import { shortName } from './short-name.js';
import { powerOfTwoScales } from './scale-search.js';
import { chooseScales, gridEnds, levelBits, toGrid, type GridWeight, type WeightGridOptions } from './weight-grid.js';

export interface WeightStoreOptions extends WeightGridOptions {
  perChannel: boolean;
}

/** What a layer's weight became, for the report. */
export interface WeightReport {
  bits: number;
  scaleMin: number;
  scaleMax: number;
  /** Signal to noise of the stored weight, dB; null when nothing was lost. */
  weightSnrDb: number | null;
}

/**
 * Stores weights as integers behind a DequantizeLinear. A weight that several layers read along the same axis at the same
 * width is stored once; other readers keep the float tensor.
 */
export class WeightStore {
  private readonly stored = new Map<string, { output: string; report: WeightReport }>();

  constructor(
    private readonly graph: Graph,
    private readonly options: WeightStoreOptions,
    private readonly rounding = new WeightRounding(),
    private readonly biases = new BiasCorrection(graph, null),
  ) {}

  /** Lets a layer read its weight from integers of `weightBits`. `inputScale` is the scale of the activation it meets. */
  async quantize(layer: Layer, weightBits: WeightGridOptions['weightBits'], inputScale: number): Promise<WeightReport> {
    const key = JSON.stringify([layer.weight, layer.axis, weightBits]);
    const known = this.stored.get(key);
    if (known) this.biases.leave(layer, 'its weight is that of a layer before, and what was lost in it is gone');
    const entry = known ?? await this.store(layer, { ...this.options, weightBits }, inputScale);
    this.stored.set(key, entry);
    this.graph.setInput(layer.node, layer.weightIndex, entry.output);
    return entry.report;
  }

  private async store(layer: Layer, options: WeightStoreOptions, inputScale: number): Promise<{ output: string; report: WeightReport }> {
    const { node, weight, axis, bias } = layer;
    const tensor = this.graph.initializer(weight)!;
    const values = tensorToFloats(tensor);
    const channelAxis = options.perChannel ? axis : null;
    const layout = channelLayout(tensorDims(tensor), channelAxis);
    const biasTensor = bias && options.perChannel ? this.graph.initializer(bias) : undefined;
    const chosen = chooseScales(values, layout, options);
    const guarded = biasTensor ? guardBias(chosen, inputScale, tensorToFloats(biasTensor)) : chosen;
    const scales = options.powerOfTwo ? powerOfTwoScales(guarded) : guarded;
    const [lowest, limit] = gridEnds(options);
    const grid = toGrid(await this.rounding.target({ layer, values, scales, lowest, limit }), layout, scales, options);
    const stored = dequantizeSymmetric(grid.integers, layout, scales);
    this.biases.correct(layer, values, stored);
    const output = addWeight(this.graph, { name: weight, dims: tensorDims(tensor), axis: channelAxis, grid, before: node });
    const report = { bits: levelBits(options), scaleMin: Math.min(...scales), scaleMax: Math.max(...scales), weightSnrDb: snrDb(values, stored) };
    return { output, report };
  }
}

interface StoredWeight {
  name: string;
  dims: number[];
  axis: number | null;
  grid: GridWeight;
  before: NodeProto;
}

/**
 * Adds `integers -> DequantizeLinear` and returns the float value it gives. The zero point is 0: a convolution leaves it out, for other products the
 * runtime's int8 kernel wants it written. The nodes go without names, which in a small net at 4 bits take as much as its biases.
 */
function addWeight(graph: Graph, weight: StoredWeight): string {
  const { axis, grid, before } = weight;
  const shape = axis === null ? [] : [grid.scales.length];
  const integers = grid.codebook ? addCodebook(graph, weight) : addIntegers(graph, weight);
  const scale = graph.addInitializer(floatTensor(shortName(graph), shape, grid.scales));
  const output = shortName(graph);
  const zeroPoint = before.opType === 'Conv' ? [] : [graph.addInitializer(makeTensor(shortName(graph), DataType.INT8, shape, new Int8Array(grid.scales.length))).name];
  const node = makeNode('DequantizeLinear', [integers, scale.name, ...zeroPoint], [output], { axis: axis ?? undefined });
  graph.addNode(node, { before });
  return output;
}

const PACKED_SIGNED = { 4: DataType.INT4, 2: DataType.INT2 };
const PACKED_UNSIGNED = { 4: DataType.UINT4, 2: DataType.UINT2 };

/** Below 8 bits the packed integers go through Cast(INT8), which the runtime folds at load: straight into a DequantizeLinear they would be expanded on every run. */
function addIntegers(graph: Graph, { name, dims, grid, before }: StoredWeight): string {
  const type = grid.storedBits === 8 ? DataType.INT8 : PACKED_SIGNED[grid.storedBits];
  const integers = graph.addInitializer(makeTensor(graph.freshName(`${name}_quantized`), type, dims, grid.integers));
  return grid.storedBits === 8 ? integers.name : addCast(graph, integers.name, DataType.INT8, before);
}

function addCodebook(graph: Graph, { name, dims, grid, before }: StoredWeight): string {
  const { entries, indices } = grid.codebook!;
  const type = PACKED_UNSIGNED[grid.storedBits as 4 | 2];
  const positions = graph.addInitializer(makeTensor(graph.freshName(`${name}_indices`), type, dims, indices));
  const codebook = graph.addInitializer(makeTensor(graph.freshName(`${name}_codebook`), DataType.INT8, [entries.length], entries));
  const output = shortName(graph);
  const cast = addCast(graph, positions.name, DataType.INT32, before);
  graph.addNode(makeNode('Gather', [codebook.name, cast], [output], { axis: 0 }), { before });
  return output;
}

function addCast(graph: Graph, input: string, to: DataType, before: NodeProto): string {
  const output = shortName(graph);
  graph.addNode(makeNode('Cast', [input], [output], { to }), { before });
  return output;
}
