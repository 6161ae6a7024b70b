import { leftAlone } from '../../left-alone.js';
import type { QuantizeOptions, Skipped } from '#contracts';
import { nodeLabel } from '#onnx';
import { adaround } from './adaround.js';
import { gptq } from './gptq.js';
import { drawLayerRows, type RowSource } from '../layers/layer-rows.js';
import type { Layer } from '../layers/layers.js';
import { transpose } from '../layers/matrix.js';
import type { InputMoments } from '../calibration/moments.js';
import { productShape, type ProductShape } from '../layers/patches.js';
import { rectifiedBias } from './rectified-bias.js';
import { mseOfBlocks, sequentialMse } from './seq-mse.js';

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

/** Scales in place of the weight's own, or why it keeps them. */
export type ChooseScales = (task: RoundingTask) => Promise<Float32Array | string>;

/** How a rounding decides: the level of each weight, and where it has a say the scales beforehand. */
export interface Rounding {
  round: RoundWeights;
  scales?: ChooseScales;
}

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

  constructor(private readonly rounding: Rounding = { round: roundToNearest }) {}

  /** The scales that the weight is rounded on: those given, or better ones. */
  async scales(task: RoundingTask): Promise<Float32Array> {
    const chosen = (await this.rounding.scales?.(task)) ?? task.scales;
    if (typeof chosen !== 'string') return chosen;
    this.note(task.layer, `its scales are those of its weights alone: ${chosen}`);
    return task.scales;
  }

  /** Floats for the grid to round: on it already, or the weight as it is. */
  async target(task: RoundingTask): Promise<Float32Array> {
    const rounded = await this.rounding.round(task);
    if (typeof rounded !== 'string') return rounded;
    this.note(task.layer, `its weights are rounded to nearest: ${rounded}`);
    return task.values;
  }

  /** Notes of a layer that it reads the weight of another one, rounded for that one's inputs. */
  share(layer: Layer, first: Layer): void {
    if (this.rounding.round !== roundToNearest || this.rounding.scales)
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
export const ROUNDINGS: Record<QuantizeOptions['rounding'], (source: RoundingSource) => Rounding> = {
  nearest: () => ({ round: roundToNearest }),
  seqmse: (source) => ({ round: roundToNearest, scales: (task) => bySequentialMse(source, task) }),
  gptq: ({ graph, moments }) => ({
    round: async (task) => {
      const shape = productShape(graph, task.layer);
      const known = moments.get(nodeLabel(task.layer.node));
      if (!shape || !known?.second)
        return (
          'GPTQ needs the second moments of its inputs, which are not taken for a transposed activation or more ' +
          'than 4,096 components'
        );
      return byGroup(task, shape, known.second);
    },
  }),
  adaround: (source) => ({ round: (task) => byAdaRound(source, task) }),
};

async function byAdaRound(source: RoundingSource, task: RoundingTask): Promise<Float32Array | string> {
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
  const { iterations, seed, run } = source;
  const rounded = await adaround(problem, rows, { iterations, seed, threads: run.threads, work: run.work });
  return fromColumns(rounded, layer, shape);
}

async function bySequentialMse(source: RoundingSource, task: RoundingTask): Promise<Float32Array | string> {
  const { layer, values, blockSize } = task;
  const shape = productShape(source.graph, layer);
  if (!shape) return 'SeqMSE wants its input vectors along the last axis, and its activation is transposed';
  const problem = {
    ...task,
    ...shape,
    values: toColumns(values, layer, shape),
    rectified: blockSize ? null : rectifiedBias(source.graph, layer, shape),
  };
  const affordable = Math.min(ROWS, Math.ceil(MAX_OUTPUTS / (shape.groups * shape.columns)));
  const rows = await drawLayerRows(source, layer, shape, affordable);
  const { threads } = source.run;
  return blockSize ? mseOfBlocks({ ...problem, blockSize }, rows, threads) : sequentialMse(problem, rows, threads);
}

/** Outputs of a layer that SeqMSE holds at a time: 64 MiB of floats, however many channels there are. */
const MAX_OUTPUTS = 2 ** 24;

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
    const moments = second.subarray(group * size * size, (group + 1) * size * size);
    rounded.set(gptq(problem, { size, second: moments }), start * size);
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
