import { leftAlone } from '../../left-alone.js';
import type { QuantizeOptions, Skipped } from '#contracts';
import { nodeLabel, floatAttribute, tensorDims, tensorToFloats, type Graph } from '#onnx';
import { adaround } from './adaround.js';
import { gptq } from './gptq.js';
import { drawLayerRows, type RowSource } from '../layers/layer-rows.js';
import type { Layer } from '../layers/layers.js';
import { transpose } from '../layers/matrix.js';
import type { InputMoments } from '../calibration/moments.js';
import { productShape, type ProductShape } from '../layers/patches.js';
import { activatedOutput } from '../emit/int8-readers.js';

/** A layer's weight and its grid. */
export interface RoundingTask {
  layer: Layer;
  values: Float32Array;
  /**
   * One per output channel, or one for all; with `blockSize` one per block of so many components, [outputs, blocks].
   */
  scales: Float32Array;
  blockSize?: number;
  lowest: number;
  limit: number;
}

/** Floats on the grid in place of a weight, or why it can only be rounded to nearest. */
export type RoundWeights = (task: RoundingTask) => Promise<Float32Array | string>;

/** What roundings may look at besides the weight. */
export interface RoundingSource extends RowSource {
  /** Input moments by node label, where the rounding needs them. */
  moments: ReadonlyMap<string, InputMoments>;
  iterations: number;
  seed: number;
}

/**
 * Rounds weights, and keeps account of the layers that its way of rounding could not take: those are rounded to
 * nearest.
 */
export class WeightRounding {
  readonly skipped: Skipped[] = [];

  constructor(private readonly round: RoundWeights = roundToNearest) {}

  /** Floats for the grid to round: on it already, or the weight as it is. */
  async target(task: RoundingTask): Promise<Float32Array> {
    const rounded = await this.round(task);
    if (typeof rounded !== 'string') return rounded;
    this.note(task.layer, `its weights are rounded to nearest: ${rounded}`);
    return task.values;
  }

  /** Notes of a layer that it reads the weight of another one, rounded for that one's inputs. */
  share(layer: Layer, first: Layer): void {
    if (this.round !== roundToNearest)
      this.note(
        layer,
        `its weights are rounded for the inputs of "${nodeLabel(first.node)}", which reads the same weight`,
      );
  }

  private note({ node }: Layer, reason: string): void {
    this.skipped.push(leftAlone(node, reason));
  }
}

/** Leaves the weight to the grid, which rounds it. */
export const roundToNearest: RoundWeights = async ({ values }) => values;

/** How each rounding decides. To add one: its file, its line here, its name in the options. */
export const ROUNDINGS: Record<QuantizeOptions['rounding'], (source: RoundingSource) => RoundWeights> = {
  nearest: () => roundToNearest,
  gptq:
    ({ graph, moments }) =>
    async (task) => {
      const shape = productShape(graph, task.layer);
      const known = moments.get(nodeLabel(task.layer.node));
      if (!shape || !known?.second)
        return (
          'GPTQ needs the second moments of its inputs, which are not taken for a transposed activation or more ' +
          'than 4,096 components'
        );
      return byGroup(task, shape, known.second);
    },
  adaround: (source) => async (task) => {
    const { layer, values, scales } = task;
    const shape = productShape(source.graph, layer);
    if (!shape) return 'AdaRound wants its input vectors along the last axis, and its activation is transposed';
    const problem = {
      ...task,
      ...shape,
      values: toColumns(values, layer, shape),
      scales: task.blockSize ? everyWeight(scales, task.blockSize, shape) : everyColumn(scales, shape),
      rectified: rectifiedBias(source.graph, layer, shape),
    };
    const rows = await drawLayerRows(source, layer, shape, ROWS);
    return fromColumns(
      await adaround(problem, rows, { iterations: source.iterations, threads: source.run.threads, seed: source.seed }),
      layer,
      shape,
    );
  },
};

/** GPTQ wants one row per output channel, and each group of a convolution is a problem of its own. */
function byGroup(
  { layer, values, scales, blockSize, lowest, limit }: RoundingTask,
  shape: ProductShape,
  second: Float64Array,
): Float32Array {
  const { groups, size, columns } = shape;
  const byOutput = layer.axis === 0 ? values : transpose(values, size, columns);
  const everyScale = blockSize ? scales : everyColumn(scales, shape);
  const blocks = everyScale.length / (groups * columns);
  const rounded = new Float32Array(values.length);
  for (let group = 0; group < groups; group++) {
    const [start, end] = [group * columns, (group + 1) * columns];
    const problem = {
      values: byOutput.subarray(start * size, end * size),
      rows: columns,
      scales: everyScale.subarray(start * blocks, end * blocks),
      blockSize: blockSize ?? size,
      lowest,
      limit,
    };
    rounded.set(
      gptq(problem, { size, second: second.subarray(group * size * size, (group + 1) * size * size) }),
      start * size,
    );
  }
  return layer.axis === 0 ? rounded : transpose(rounded, columns, size);
}

/** Input vectors that AdaRound learns a layer's rounding from. */
const ROWS = 8192;

/** [groups, size, columns] from a weight with its output channels on the layer's axis. */
function toColumns(values: Float32Array, { axis }: Layer, { groups, size, columns }: ProductShape): Float32Array {
  return axis === 0 ? eachGroup(values, groups, (part) => transpose(part, columns, size)) : values;
}

function fromColumns(values: Float32Array, { axis }: Layer, { groups, size, columns }: ProductShape): Float32Array {
  return axis === 0 ? eachGroup(values, groups, (part) => transpose(part, size, columns)) : values;
}

function eachGroup(values: Float32Array, groups: number, change: (part: Float32Array) => Float32Array): Float32Array {
  const length = values.length / groups;
  const result = new Float32Array(values.length);
  for (let group = 0; group < groups; group++)
    result.set(change(values.subarray(group * length, (group + 1) * length)), group * length);
  return result;
}

function everyColumn(scales: Float32Array, { groups, columns }: ProductShape): Float32Array {
  return scales.length === 1 ? new Float32Array(groups * columns).fill(scales[0]!) : scales;
}

/** [size, columns] from [columns, blocks]; only products without groups have blocks. */
function everyWeight(scales: Float32Array, blockSize: number, { size, columns }: ProductShape): Float32Array {
  const blocks = Math.ceil(size / blockSize);
  return Float32Array.from(
    { length: size * columns },
    (_, at) => scales[(at % columns) * blocks + Math.floor(Math.floor(at / columns) / blockSize)]!,
  );
}

/**
 * The layer's bias where a Relu follows, so that errors below zero do not count; null where the bare product is
 * compared.
 */
function rectifiedBias(graph: Graph, { node, bias }: Layer, { groups, columns }: ProductShape): Float32Array | null {
  if (activatedOutput(graph, node) === node.output[0] || floatAttribute(node, 'alpha', 1) !== 1) return null;
  if (!node.input[2]) return new Float32Array(groups * columns);
  const tensor = bias ? graph.initializer(bias) : undefined;
  return tensor && tensorDims(tensor).reduce((product, dim) => product * dim, 1) === groups * columns
    ? tensorToFloats(tensor)
    : null;
}
