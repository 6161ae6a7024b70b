import { leftAlone } from '../../left-alone.js';
import type { Skipped } from '#contracts';
import {
  nodeLabel,
  DataType,
  floatTensor,
  GraphError,
  makeNode,
  makeTensor,
  tensorDims,
  tensorToFloats,
  type Graph,
  type NodeProto,
  type TensorProto,
} from '#onnx';
import { channelLayout, dequantizeSymmetric, snrDb } from '../grid/arithmetic.js';
import { suitBias, type WeightScales } from '../grid/bias-grid.js';
import { BiasCorrection } from '../rounding/bias-correction.js';
import type { Layer } from '../layers/layers.js';
import { WeightRounding } from '../rounding/rounding.js';
import {
  encodingOf,
  originalName,
  scalesGiven,
  type KnownEncodings,
  type Unused,
} from '../calibration/known-encodings.js';
import type { WrittenWeight } from '../calibration/written-encodings.js';
import { GridCache } from './grid-cache.js';
import { shortName } from './short-name.js';
import type { WeightReport } from './weight-report.js';
import { asTable, asWeight, type TiedMatrices } from './tied-matrix.js';
import { powerOfTwoScales } from '../grid/scale-search.js';
import {
  gridEnds,
  layerScales,
  levelBits,
  toGrid,
  type GridWeight,
  type WeightGridOptions,
} from '../grid/weight-grid.js';

export interface WeightStoreOptions extends WeightGridOptions {
  perChannel: boolean;
  /** Scales that another quantizer gave, and where to say which of them do not fit; none by default. */
  knownEncodings?: KnownEncodings;
  unusedEncodings?: Unused;
}

/** A weight as it was stored for a layer, for the others that read it. */
interface Stored {
  first: Layer;
  output: string;
  /** The initializers, and the axis of the scales as the integers lie. */
  integers: string;
  scale: string;
  axis: number | null;
  grid: GridWeight;
  /** Its scales before any bias had a say. */
  own: WeightScales;
  report: WeightReport;
}

/**
 * Stores weights as integers behind a DequantizeLinear, on scales that suit the bias of the layer that reads them. A
 * weight that several layers read along the same axis, at the same width and on the same scales is stored once; where
 * their biases want other scales, once for each.
 */
export class WeightStore {
  /** Layers stored otherwise than asked for. */
  readonly skipped: Skipped[] = [];
  /** What is stored, by the names of the float model; codebooks have no even steps to tell of. */
  readonly written: WrittenWeight[] = [];
  /** What tables read too. */
  readonly matrices: TiedMatrices = new Map();
  private readonly stored = new Map<string, Stored[]>();

  constructor(
    private readonly graph: Graph,
    private readonly options: WeightStoreOptions,
    private readonly rounding = new WeightRounding(),
    private readonly biases = new BiasCorrection(graph, null),
    private readonly grids = new GridCache(),
  ) {}

  /**
   * Lets a layer read its weight from integers of `weightBits`. `inputScale` is the scale of the activation it meets.
   */
  async quantize(layer: Layer, weightBits: WeightGridOptions['weightBits'], inputScale: number): Promise<WeightReport> {
    const options = { ...this.options, weightBits };
    const key = JSON.stringify([layer.weight, layer.axis, weightBits]);
    const copies = this.stored.get(key) ?? [];
    const own = copies[0]?.own ?? (await this.ownScales(layer, options));
    const scales = this.suitedScales(layer, own, options, inputScale);
    const known = copies.find(
      ({ grid }) => grid.scales.length === scales.length && grid.scales.every((scale, i) => scale === scales[i]),
    );
    const first = copies[0]?.first;
    if (first && !known)
      this.note(
        layer,
        `its weight is stored apart from that of "${nodeLabel(first.node)}", which reads the same: its bias ` +
          'would not fit the int32 steps of those scales',
      );
    if (known) this.share(layer, known);
    const entry = known ?? { ...(await this.store(layer, options, scales)), own };
    if (!known) this.stored.set(key, [...copies, entry]);
    this.graph.setInput(layer.node, layer.weightIndex, entry.output);
    if (layer.tied) this.matrices.set(layer, entry);
    return entry.report;
  }

  /** The scales that the weight takes by itself, or by what its rounding finds of the layer's output. */
  private async ownScales(layer: Layer, options: WeightStoreOptions): Promise<WeightScales> {
    const given = this.givenScales(layer, options);
    if (given) return given;
    const { scales, maxima } = this.scalesOfWeight(layer, options, options.perChannel);
    const [lowest, limit] = gridEnds(options);
    const values = tensorToFloats(this.weight(layer));
    return { scales: await this.rounding.scales({ layer, values, scales, lowest, limit }), maxima };
  }

  private scalesOfWeight(layer: Layer, options: WeightStoreOptions, perChannel: boolean): WeightScales {
    return layerScales(this.graph, { ...layer, bits: options.weightBits }, { ...options, perChannel });
  }

  /** Those that another quantizer gave, where they fit. */
  private givenScales(layer: Layer, options: WeightStoreOptions): WeightScales | undefined {
    const encoding = options.knownEncodings && encodingOf(options.knownEncodings, layer);
    if (!encoding) return undefined;
    const name = options.knownEncodings!.weights.has(layer.weight) ? layer.weight : originalName(layer.weight);
    options.knownEncodings!.used.add(name);
    const maximaOf = (count: number) => this.scalesOfWeight(layer, options, count > 1).maxima;
    const scales = scalesGiven(encoding, tensorDims(this.weight(layer))[layer.axis] ?? 1, maximaOf, options);
    if (typeof scales !== 'string') return { scales, maxima: maximaOf(scales.length) };
    options.unusedEncodings?.add(name, scales);
    return undefined;
  }

  /** The weight's scales, as the bias of this reader wants them. */
  private suitedScales(layer: Layer, own: WeightScales, options: WeightStoreOptions, inputScale: number): Float32Array {
    const bias = layer.bias ? this.graph.initializer(layer.bias) : undefined;
    if (!bias) return own.scales;
    const channels = tensorDims(this.weight(layer))[layer.axis] ?? 1;
    const suited = suitBias(own, inputScale, tensorToFloats(bias), channels);
    if (suited.length > own.scales.length)
      this.note(
        layer,
        'its weight has a scale per output channel: on a common one, biases would not fit the int32 steps that ' +
          'the runtime puts them on',
      );
    return options.powerOfTwo ? powerOfTwoScales(suited) : suited;
  }

  private async store(layer: Layer, options: WeightStoreOptions, scales: Float32Array): Promise<Omit<Stored, 'own'>> {
    const { node, weight } = layer;
    const tensor = this.weight(layer);
    const values = tensorToFloats(tensor);
    const isOfChannels = options.perChannel && tensorDims(tensor)[layer.axis] === 1;
    const axis = scales.length > 1 || isOfChannels ? layer.axis : null;
    const layout = channelLayout(tensorDims(tensor), axis);
    const [lowest, limit] = gridEnds(options);
    const key = JSON.stringify([nodeLabel(node), weight, layer.axis, options.weightBits]);
    const grid = await this.grids.get(key, scales, async () =>
      toGrid(await this.rounding.target({ layer, values, scales, lowest, limit }), layout, scales, options),
    );
    const stored = dequantizeSymmetric(grid.integers, layout, scales);
    this.biases.correct(layer, values, stored);
    const stored8 = asTable(layer, { dims: tensorDims(tensor), axis, integers: grid.integers });
    const added = addWeight(this.graph, {
      ...stored8,
      name: weight,
      grid: { ...grid, integers: stored8.integers },
      before: node,
    });
    const output = asWeight(this.graph, layer, added.output, node);
    const [scaleMin, scaleMax] = [Math.min(...scales), Math.max(...scales)];
    const report = { bits: levelBits(options), scaleMin, scaleMax, weightSnrDb: snrDb(values, stored) };
    const isFirst = !this.written.some((other) => other.weight === weight);
    if (!grid.codebook && isFirst) this.written.push({ weight, bits: report.bits, scales });
    return { first: layer, ...added, axis: stored8.axis, output, grid, report };
  }

  /**
   * What a layer must know whose weight another one had stored: the bias makes up for its own inputs, the rounding was
   * for the other's.
   */
  private share(layer: Layer, { first, grid }: Stored): void {
    const tensor = this.weight(layer);
    const layout = channelLayout(tensorDims(tensor), grid.scales.length > 1 ? layer.axis : null);
    this.biases.correct(layer, tensorToFloats(tensor), dequantizeSymmetric(grid.integers, layout, grid.scales));
    this.rounding.share(layer, first);
  }

  private weight({ weight }: Layer): TensorProto {
    const tensor = this.graph.initializer(weight);
    if (!tensor) throw new GraphError(`weight "${weight}" is no initializer`);
    return tensor;
  }

  private note({ node }: Layer, reason: string): void {
    this.skipped.push(leftAlone(node, reason));
  }
}

interface StoredWeight {
  name: string;
  dims: readonly number[];
  axis: number | null;
  grid: GridWeight;
  before: NodeProto;
}

/**
 * Adds `integers -> DequantizeLinear` and returns the float value it gives, and what it reads. The zero point is 0: a convolution leaves
 * it out, for other products the runtime's int8 kernel wants it written. The nodes go without names, which in a small
 * net at 4 bits take as much as its biases.
 */
function addWeight(graph: Graph, weight: StoredWeight): Pick<Stored, 'output' | 'integers' | 'scale'> {
  const { axis, grid, before } = weight;
  const shape = axis === null ? [] : [grid.scales.length];
  const integers = grid.codebook ? addCodebook(graph, weight) : addIntegers(graph, weight);
  const scale = graph.addInitializer(floatTensor(shortName(graph), shape, grid.scales));
  const output = shortName(graph);
  const zeroPoint =
    before.opType === 'Conv'
      ? []
      : [
          graph.addInitializer(makeTensor(shortName(graph), DataType.INT8, shape, new Int8Array(grid.scales.length)))
            .name,
        ];
  const node = makeNode('DequantizeLinear', [integers, scale.name, ...zeroPoint], [output], {
    axis: axis ?? undefined,
  });
  graph.addNode(node, { before });
  return { output, integers, scale: scale.name };
}

const PACKED_SIGNED = { 4: DataType.INT4, 2: DataType.INT2 };
const PACKED_UNSIGNED = { 4: DataType.UINT4, 2: DataType.UINT2 };

/**
 * Below 8 bits the packed integers go through Cast(INT8), which the runtime folds at load: straight into a
 * DequantizeLinear they would be expanded on every run.
 */
function addIntegers(graph: Graph, { name, dims, grid, before }: StoredWeight): string {
  const type = grid.storedBits === 8 ? DataType.INT8 : PACKED_SIGNED[grid.storedBits];
  const integers = graph.addInitializer(makeTensor(graph.freshName(`${name}_quantized`), type, dims, grid.integers));
  return grid.storedBits === 8 ? integers.name : addCast(graph, integers.name, DataType.INT8, before);
}

function addCodebook(graph: Graph, { name, dims, grid, before }: StoredWeight): string {
  const { entries, indices } = grid.codebook!;
  const type = PACKED_UNSIGNED[grid.storedBits as 4 | 2];
  const positions = graph.addInitializer(makeTensor(graph.freshName(`${name}_indices`), type, dims, indices));
  const tensor = makeTensor(graph.freshName(`${name}_codebook`), DataType.INT8, [entries.length], entries);
  const codebook = graph.addInitializer(tensor);
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
