import { fakeQuantize } from '#autodiff';
import {
  changed,
  DataType,
  floatTensor,
  int64Tensor,
  intAttribute,
  integerLimits,
  makeNode,
  tensorDims,
  tensorToFloats,
  tensorToNumbers,
  type Graph,
  type NodeProto,
} from '#onnx';
import { biasFactors, scaledBias } from './bias-scale.js';
import { blockGrid } from './block-grid.js';
import {
  broadcastShapes,
  gridValues,
  integerGrid,
  onGrid,
  productGrid,
  roundedFrom,
  type GridEnds,
  type IntegerGrid,
} from './integer-grid.js';
import { floatCodebookOf, isStoredProduct, scaledRows, storedBehindCast, tableGrid } from './stored-forms.js';
import { isMatrix, readingsOf, type Reading } from './weight-roles.js';
import { shadowName } from './shadow-name.js';
import type { Scales } from './scales.js';
import type { Trainable } from './trainable.js';

/** Where a grid ends, in steps; see {@link IntegerGrid.isBinary}. */
type RoundedGrid = GridEnds & { isBinary?: boolean };

/** Bits from which on a grid is too fine to round to: biases. */
const FINE_BITS = 16;

/** Operators that make floats of stored integers, or multiply by them. */
const CONVERTED: ReadonlySet<string> = new Set(['DequantizeLinear', 'Mul', 'MatMulNBits']);

/**
 * The weights of a graph that stand as integers behind a DequantizeLinear, a Mul by their scales or a MatMulNBits,
 * turned into floats under simulated rounding; one trainable per stored tensor, however often it is read.
 */
export class FakeQuantizedWeights {
  private readonly shadows = new Map<string, Trainable>();
  /** Scales that a bias's scale is the product of, told while the graph still is as it was. */
  private readonly factors: ReadonlyMap<NodeProto, string[]>;

  constructor(
    private readonly graph: Graph,
    private readonly scales: Scales,
  ) {
    const dequantizers = graph.nodes.filter(({ opType }) => opType === 'DequantizeLinear');
    this.factors = new Map(dequantizers.map((node) => [node, biasFactors(graph, node)]));
  }

  get trainables(): Trainable[] {
    return [...this.shadows.values()];
  }

  /** Nodes that may read integers; a Mul does where it multiplies a stored weight by its scales. */
  get candidates(): NodeProto[] {
    const isCandidate = (node: NodeProto) =>
      node.opType !== 'Mul' || isStoredProduct(this.graph, node) || scaledRows(this.graph, node) !== null;
    return this.graph.nodes.filter((node) => CONVERTED.has(node.opType) && isCandidate(node));
  }

  /**
   * Replaces the node; false where it reads neither a stored weight, nor a codebook, nor rows of a table, nor a
   * QuantizeLinear of one scale.
   */
  convert(node: NodeProto): boolean {
    if (node.opType === 'MatMulNBits') return this.blocks(node);
    if (node.opType === 'Mul') return this.rows(node) || this.product(node);
    const grid = integerGrid(this.graph, node);
    if (!grid) return this.codebook(node) || this.table(node) || this.activation(node);
    if (grid.bits > FINE_BITS) this.bias(node, grid);
    else this.weight(node, grid);
    return true;
  }

  private weight(node: NodeProto, grid: IntegerGrid): void {
    const store: Trainable['stored'] = (values, trained) => [
      onGrid(grid, values, this.scales.trained(grid.scaleName, trained)),
    ];
    const shadow = this.shadow(grid, node.output[0]!, store);
    this.replace(node, this.roundedWeight(node, shadow, grid));
  }

  /** A shadow under simulated rounding. A last block that is not whole is filled up with zeros for that time. */
  private roundedWeight(node: NodeProto, shadow: string, grid: IntegerGrid): string {
    const { dims, axis, blockSize } = grid;
    const shapes = broadcastShapes(grid);
    const scale = this.scales.value(grid.scaleName, shapes.scales, node);
    if (axis === null || blockSize === 0) return this.round(node, shadow, scale, grid, shapes.scales);
    const missing = (blockSize - (dims[axis]! % blockSize)) % blockSize;
    const along = (count: number) => dims.map((_, i) => (i === axis ? count : 0));
    const pads = [...along(0), ...along(missing)];
    const filled = missing === 0 ? shadow : this.add(node, 'Pad', [shadow, this.ints(`${shadow}/pads`, pads)]);
    const rounded = this.round(node, this.reshape(node, filled, shapes.values), scale, grid, shapes.scales);
    const padded = dims.map((dim, i) => (i === axis ? dim + missing : dim));
    const whole = this.reshape(node, rounded, padded);
    if (missing === 0) return whole;
    const [start, end, at] = [[0], [dims[axis]!], [axis]].map((number) => this.ints(`${shadow}/slice`, number));
    return this.add(node, 'Slice', [whole, start!, end!, at!]);
  }

  /** `integers -> Cast(FLOAT) -> Mul(scale)`, or `Gather(codebook, indices) -> Mul(scale)`. */
  private product(node: NodeProto): boolean {
    const grid = productGrid(this.graph, node);
    if (!grid) return this.floatCodebook(node);
    this.weight(node, grid);
    return true;
  }

  /** The entries are floats, in units of the mean scale as those of {@link codebook}. */
  private floatCodebook(node: NodeProto): boolean {
    const at = node.input.findIndex((value) => floatCodebookOf(this.graph, value) !== undefined);
    const gather = at < 0 ? undefined : this.graph.producer(node.input[at]!);
    const [entries, scale] = [
      floatCodebookOf(this.graph, node.input[at] ?? ''),
      this.graph.initializer(node.input[1 - at] ?? ''),
    ];
    if (!gather || !entries || scale?.dataType !== DataType.FLOAT) return false;
    const scales = tensorToFloats(scale);
    const unit = scales.reduce((sum, value) => sum + value, 0) / scales.length;
    const [dims, before] = [tensorDims(entries), tensorToFloats(entries)];
    const start = before.map((value) => value * unit);
    const storedAs = (value: number, i: number) => (value === start[i] ? before[i]! : value / unit);
    const shadow = this.addShadow({
      name: entries.name,
      dims,
      values: start,
      bits: 32,
      readings: readingsOf(this.graph, node.output[0]!),
      stored: (values) => [floatTensor(entries.name, dims, values.map(storedAs))],
    });
    const steps = this.add(node, 'Div', [
      this.scales.value(scale.name, tensorDims(scale), node),
      this.constant(`${shadow}/unit`, unit),
    ]);
    this.replace(node, this.add(node, 'Mul', [this.add(node, 'Gather', [shadow, gather.input[1]!]), steps]));
    return true;
  }

  /** `MatMulNBits(X, W_blocks, scales)` becomes `MatMul(X, W^T)`, with the bias behind it. */
  private blocks(node: NodeProto): boolean {
    const found = blockGrid(this.graph, node);
    if (!found) return false;
    const { grid, packed } = found;
    const store: Trainable['stored'] = (values, trained) => [
      packed(values, this.scales.trained(grid.scaleName, trained)),
    ];
    const readings: Reading[] = [{ role: 'kernel', node, index: 1, carriers: [] }];
    const shadow = this.shadow(grid, node.output[0]!, store, readings);
    const weight = this.add(node, 'Transpose', [this.roundedWeight(node, shadow, grid)]);
    const product = this.add(node, 'MatMul', [node.input[0]!, weight]);
    const bias = node.input[5] ?? '';
    this.replace(node, bias === '' ? product : this.add(node, 'Add', [product, bias]));
    return true;
  }

  private bias(node: NodeProto, grid: IntegerGrid): void {
    const factors = this.factors.get(node) ?? [];
    const store: Trainable['stored'] = (values, trained) => {
      const scales = factors.map((name) => this.scales.trained(name, trained));
      return scaledBias(grid, values, scales);
    };
    this.replace(node, this.shadow(grid, node.output[0]!, store));
  }

  /**
   * `Gather(codebook, indices) -> DequantizeLinear`: the entries are what is trained, each shared by all elements of
   * its index, in units of the mean scale, so that they are as large as the weights they stand for.
   */
  private codebook(node: NodeProto): boolean {
    const gather = this.graph.producer(node.input[0]!);
    const entries = gather?.opType === 'Gather' ? this.graph.initializer(gather.input[0]!) : undefined;
    const indices = gather && storedBehindCast(this.graph, gather.input[1]!);
    const found =
      entries && indices && integerGrid(this.graph, changed(node, { input: [entries.name, ...node.input.slice(1)] }));
    if (!gather || !found || found.blockSize > 0 || found.zeroPoints.some((zero) => zero !== 0)) return false;
    const unit = found.scales.reduce((sum, scale) => sum + scale, 0) / found.scales.length;
    const grid: IntegerGrid = { ...found, axis: null, scales: Float32Array.of(unit) };
    const shadow = this.shadow(grid, node.output[0]!, (values) => [onGrid(grid, values)]);
    const unitName = this.constant(`${shadow}/unit`, unit);
    const axis = intAttribute(node, 'axis', 1);
    const rank = tensorDims(indices).length;
    const at = axis < 0 ? axis + rank : axis;
    const alongAxis = tensorDims(indices).map((_, i) => (i === at ? found.scales.length : 1));
    const shape = found.scales.length === 1 ? [] : alongAxis;
    const entriesOnGrid = this.round(node, shadow, unitName, grid);
    const spread = this.add(node, 'Gather', [entriesOnGrid, gather.input[1]!]);
    const steps = this.add(node, 'Div', [this.scales.value(found.scaleName, shape, node), unitName]);
    this.replace(node, this.add(node, 'Mul', [spread, steps]));
    return true;
  }

  /**
   * `Gather(table, ids) -> DequantizeLinear`: the table is what is trained, and the rows that a step looks up are
   * rounded.
   */
  private table(node: NodeProto): boolean {
    const gather = this.graph.producer(node.input[0]!);
    const grid = gather?.opType === 'Gather' ? tableGrid(this.graph, gather, node) : null;
    if (!gather || !grid) return false;
    const store: Trainable['stored'] = (values, trained) => [
      onGrid(grid, values, this.scales.trained(grid.scaleName, trained)),
    ];
    const readings: Reading[] = [{ role: 'table', node: gather, index: 0, carriers: [] }];
    const shadow = this.shadow(grid, node.output[0]!, store, readings);
    const rows = this.add(node, 'Gather', [shadow, gather.input[1]!]);
    const shape = grid.axis === null ? [] : [grid.scales.length];
    const scale = this.scales.value(grid.scaleName, shape, node);
    this.replace(node, this.round(node, rows, scale, grid, shape));
    return true;
  }

  /**
   * `Gather(table, ids) -> Cast -> Mul(Gather(scales, ids))`: a table that a layer multiplies by as well, and one with
   * that layer's weight in training as in the file.
   */
  private rows(node: NodeProto): boolean {
    const found = scaledRows(this.graph, node);
    if (!found) return false;
    const { gather, grid } = found;
    const store: Trainable['stored'] = (values, trained) => [
      onGrid(grid, values, this.scales.trained(grid.scaleName, trained)),
    ];
    const weights = this.graph.consumers(gather.input[0]!).flatMap(({ node: reader }) => reader.output);
    const multiplied = weights.flatMap((value) => readingsOf(this.graph, value));
    const readings: Reading[] = [{ role: 'table', node: gather, index: 0, carriers: [] }, ...multiplied];
    const shadow = this.shadow(grid, node.output[0]!, store, readings);
    const scales = this.scales.value(grid.scaleName, broadcastShapes(grid).scales, node);
    const [rows, steps] = [shadow, scales].map((value) => this.add(node, 'Gather', [value, gather.input[1]!]));
    this.replace(node, this.round(node, rows!, steps!, grid));
    return true;
  }

  /** The pair that puts an activation on its grid. */
  private activation(node: NodeProto): boolean {
    const quantize = this.graph.producer(node.input[0]!);
    const scale = this.graph.initializer(node.input[1]!);
    if (
      quantize?.opType !== 'QuantizeLinear' ||
      quantize.input[1] !== node.input[1] ||
      !scale ||
      scale.dims.some((dim) => dim !== 1n)
    )
      return false;
    const zeroPoint = node.input[2] ? this.graph.initializer(node.input[2]) : undefined;
    const [low, high] = integerLimits(zeroPoint?.dataType ?? DataType.UINT8);
    const offset = zeroPoint ? tensorToNumbers(zeroPoint)[0]! : 0;
    const step = this.scales.value(scale.name, [], node);
    const ends = { low: [low - offset], high: [high - offset] };
    this.replace(node, this.round(node, quantize.input[0]!, step, ends));
    return true;
  }

  /** `value` is what readers see of the grid. */
  private shadow(
    grid: IntegerGrid,
    value: string,
    store: Trainable['stored'],
    readings = readingsOf(this.graph, value),
  ): string {
    return this.addShadow({
      name: grid.tensor.name,
      dims: grid.dims,
      values: gridValues(grid),
      bits: grid.bits,
      readings,
      roundedFrom: (original) => roundedFrom(grid, original),
      stored: store,
    });
  }

  /** The float weight that stands for the stored tensor of that name. */
  private addShadow(stored: Omit<Trainable, 'isMatrix'>): string {
    const name = shadowName(stored.name);
    if (this.shadows.has(name)) return name;
    this.graph.addInitializer(floatTensor(name, stored.dims, stored.values));
    this.shadows.set(name, { ...stored, name, isMatrix: isMatrix(stored.readings) });
    return name;
  }

  /**
   * Puts values on their grid. Of two levels, -1 and 1, each is the sign of the value: the upper or the lower of a grid
   * that is twice as wide and lies half a step aside.
   */
  private round(
    node: NodeProto,
    value: string,
    scale: string,
    grid: RoundedGrid,
    shape: readonly number[] = [],
  ): string {
    if (!grid.isBinary) return this.roundEvenly(node, value, scale, grid, shape);
    const step = this.add(node, 'Add', [scale, scale]);
    const upper = this.roundEvenly(node, this.add(node, 'Add', [value, scale]), step, { low: [0], high: [1] }, []);
    return this.add(node, 'Sub', [upper, scale]);
  }

  /** `shape` is that of the scales, and of the ends where each scale has its own. */
  private roundEvenly(node: NodeProto, value: string, scale: string, ends: GridEnds, shape: readonly number[]): string {
    const output = this.graph.freshName(`${node.output[0]}/grid`);
    const isOne = ends.low.length === 1;
    const stored = (name: string, numbers: readonly number[]) =>
      this.graph.addInitializer(floatTensor(this.graph.freshName(name), isOne ? [] : shape, numbers)).name;
    const [least, most] = [stored(`${output}/low`, ends.low), stored(`${output}/high`, ends.high)];
    const range = { least, most, isOne };
    this.graph.addNode(fakeQuantize(value, scale, range, output, node.name), { before: node });
    return output;
  }

  private reshape(node: NodeProto, value: string, dims: readonly number[]): string {
    return this.add(node, 'Reshape', [value, this.ints(`${value}/dims`, dims)]);
  }

  private ints(name: string, values: readonly number[]): string {
    return this.graph.addInitializer(int64Tensor(this.graph.freshName(name), [values.length], values)).name;
  }

  private add(before: NodeProto, opType: string, inputs: string[]): string {
    const output = this.graph.freshName(`${before.output[0]}/${opType}`);
    this.graph.addNode(makeNode(opType, inputs, [output]), { before });
    return output;
  }

  private constant(name: string, value: number): string {
    return this.graph.addInitializer(floatTensor(this.graph.freshName(name), [], [value])).name;
  }

  /** The value takes the node's name, which may be an output's; a stored tensor keeps its own. */
  private replace(node: NodeProto, value: string): void {
    const producer = this.graph.producer(value);
    this.graph.removeNode(node);
    if (producer) this.graph.setOutput(producer, 0, node.output[0]!);
    else this.graph.replaceUses(node.output[0]!, value);
  }
}
