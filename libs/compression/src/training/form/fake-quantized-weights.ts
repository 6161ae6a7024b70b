import { fakeQuantize } from '#autodiff';
import {
  DataType,
  floatTensor,
  int64Tensor,
  intAttribute,
  integerLimits,
  isSameEveryRun,
  makeNode,
  tensorDims,
  tensorToNumbers,
  type Graph,
  type NodeProto,
  type TensorProto,
} from '#onnx';
import { biasFactors, scaledBias } from './bias-scale.js';
import { broadcastShapes, gridValues, integerGrid, isRoundedFrom, onGrid, type IntegerGrid } from './integer-grid.js';
import { isMatrix, readingsOf } from './weight-roles.js';
import { shadowName } from './shadow-name.js';
import type { Scales } from './scales.js';
import type { Trainable } from './trainable.js';

/** Bits from which on a grid is too fine to round to: biases. */
const FINE_BITS = 16;

/**
 * The weights of a graph that stand behind a DequantizeLinear, turned into floats under simulated rounding; one
 * trainable per stored tensor, however often it is read.
 */
export class FakeQuantizedWeights {
  private readonly shadows = new Map<string, Trainable>();
  /** Scales that a bias's scale is the product of, told while the graph still is as it was. */
  private readonly factors: ReadonlyMap<NodeProto, string[]>;

  constructor(
    private readonly graph: Graph,
    private readonly scales: Scales,
  ) {
    this.factors = new Map(
      graph.nodes.filter(({ opType }) => opType === 'DequantizeLinear').map((node) => [node, biasFactors(graph, node)]),
    );
  }

  get trainables(): Trainable[] {
    return [...this.shadows.values()];
  }

  /**
   * Replaces the node; false where it reads neither a stored weight, nor a codebook, nor rows of a table, nor a
   * QuantizeLinear of one scale.
   */
  convert(node: NodeProto): boolean {
    const grid = integerGrid(this.graph, node);
    if (!grid) return this.codebook(node) || this.table(node) || this.activation(node);
    if (grid.bits > FINE_BITS) this.bias(node, grid);
    else this.weight(node, grid);
    return true;
  }

  private weight(node: NodeProto, grid: IntegerGrid): void {
    const shadow = this.shadow(grid, node.output[0]!, (values, trained) => [
      onGrid(grid, values, this.scales.trained(grid.scaleName, trained)),
    ]);
    const shapes = broadcastShapes(grid);
    const scale = this.scales.value(grid.scaleName, shapes.scales, node);
    const values = grid.blockSize === 0 ? shadow : this.reshape(node, shadow, shapes.values);
    const rounded = this.round(node, values, scale, grid);
    this.replace(node, grid.blockSize === 0 ? rounded : this.reshape(node, rounded, grid.dims));
  }

  private bias(node: NodeProto, grid: IntegerGrid): void {
    const factors = this.factors.get(node) ?? [];
    this.replace(
      node,
      this.shadow(grid, node.output[0]!, (values, trained) =>
        scaledBias(
          grid,
          values,
          factors.map((name) => this.scales.trained(name, trained)),
        ),
      ),
    );
  }

  /**
   * `Gather(codebook, indices) -> DequantizeLinear`: the entries are what is trained, each shared by all elements of
   * its index, in units of the mean scale, so that they are as large as the weights they stand for.
   */
  private codebook(node: NodeProto): boolean {
    const gather = this.graph.producer(node.input[0]!);
    const entries = gather?.opType === 'Gather' ? this.graph.initializer(gather.input[0]!) : undefined;
    const indices = gather && stored(this.graph, gather.input[1]!);
    const found =
      entries && indices && integerGrid(this.graph, { ...node, input: [entries.name, ...node.input.slice(1)] });
    if (!gather || !found || found.blockSize > 0 || found.zeroPoints.some((zero) => zero !== 0)) return false;
    const unit = found.scales.reduce((sum, scale) => sum + scale, 0) / found.scales.length;
    const grid: IntegerGrid = { ...found, axis: null, scales: Float32Array.of(unit) };
    const shadow = this.shadow(grid, node.output[0]!, (values) => [onGrid(grid, values)]);
    const unitName = this.constant(`${shadow}/unit`, unit);
    const axis = intAttribute(node, 'axis', 1);
    const shape =
      found.scales.length === 1
        ? []
        : tensorDims(indices).map((_, i, dims) =>
            i === (axis < 0 ? axis + dims.length : axis) ? found.scales.length : 1,
          );
    const spread = this.add(node, 'Gather', [this.round(node, shadow, unitName, grid), gather.input[1]!]);
    this.replace(
      node,
      this.add(node, 'Mul', [
        spread,
        this.add(node, 'Div', [this.scales.value(found.scaleName, shape, node), unitName]),
      ]),
    );
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
    const shadow = this.shadow(grid, node.output[0]!, store, [{ role: 'table', node: gather, index: 0, carriers: [] }]);
    const rows = this.add(node, 'Gather', [shadow, gather.input[1]!]);
    const shape = grid.axis === null ? [] : [grid.scales.length];
    this.replace(node, this.round(node, rows, this.scales.value(grid.scaleName, shape, node), grid));
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
    this.replace(
      node,
      this.round(node, quantize.input[0]!, this.scales.value(scale.name, [], node), {
        low: low - offset,
        high: high - offset,
      }),
    );
    return true;
  }

  /** `value` is what readers see of the grid. */
  private shadow(
    grid: IntegerGrid,
    value: string,
    store: Trainable['stored'],
    readings = readingsOf(this.graph, value),
  ): string {
    const name = shadowName(grid.tensor.name);
    if (!this.shadows.has(name)) {
      const values = gridValues(grid);
      this.graph.addInitializer(floatTensor(name, grid.dims, values));
      this.shadows.set(name, {
        name,
        dims: grid.dims,
        values,
        bits: grid.bits,
        isMatrix: isMatrix(readings),
        readings,
        isRoundedFrom: (floats) => isRoundedFrom(grid, floats),
        stored: store,
      });
    }
    return name;
  }

  private round(node: NodeProto, value: string, scale: string, { low, high }: { low: number; high: number }): string {
    const output = this.graph.freshName(`${node.output[0]}/grid`);
    this.graph.addNode(
      fakeQuantize(
        value,
        scale,
        this.constant(`${output}/low`, low),
        this.constant(`${output}/high`, high),
        output,
        node.name,
      ),
      { before: node },
    );
    return output;
  }

  private reshape(node: NodeProto, value: string, dims: readonly number[]): string {
    return this.add(node, 'Reshape', [
      value,
      this.graph.addInitializer(int64Tensor(this.graph.freshName(`${value}/dims`), [dims.length], dims)).name,
    ]);
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

/**
 * The grid of a table whose rows are looked up, with one scale or one per column; null where the rows' scales are
 * others.
 */
function tableGrid(graph: Graph, gather: NodeProto, node: NodeProto): IntegerGrid | null {
  if (intAttribute(gather, 'axis', 0) !== 0 || isSameEveryRun(graph, gather.input[1]!)) return null;
  const grid = integerGrid(graph, { ...node, input: [gather.input[0]!, ...node.input.slice(1)] });
  if (!grid || grid.dims.length !== 2 || grid.blockSize > 0) return null;
  // Which axis of the rows a number from the front means depends on how many axes the row numbers have.
  return grid.axis === null || intAttribute(node, 'axis', 1) === -1 ? grid : null;
}

/** The initializer of `initializer [-> Cast]`. */
function stored(graph: Graph, value: string): TensorProto | undefined {
  const producer = graph.producer(value);
  return producer?.opType === 'Cast' ? graph.initializer(producer.input[0]!) : graph.initializer(value);
}
