import { roundHalfEven } from '#onnx';
import type { LayerRows } from '../layers/layer-rows.js';
import { LayerProduct, type RectifiedProduct } from '../layers/layer-product.js';

/** A layer's float weights [groups, size, columns] and the grid whose scales are in question. */
export interface SeqMseProblem extends RectifiedProduct {
  values: Float32Array;
  /** One per output, groups · columns of them, or one for all: the scales to be better than. */
  scales: Float32Array;
  lowest: number;
  limit: number;
  /** Scales that clip nothing, where they are not those of a symmetric grid. */
  widest?: Float32Array;
}

/** Shares of the widest scale that are tried: as many as AIMET's default. */
const CANDIDATES = 20;

/**
 * The scale of each output channel, among shares of the widest one and the given, with which the layer's output is
 * closest to the float model's, on inputs as the quantized layers before it give them (sequential MSE, as AIMET's
 * apply_seq_mse does). On the rows no channel is worse than with the given scales.
 */
export async function sequentialMse(problem: SeqMseProblem, rows: LayerRows, threads: number): Promise<Float32Array> {
  if (rows.count === 0) return problem.scales;
  const product = await LayerProduct.create(problem, threads);
  try {
    const targets = await product.outputs(rows.exact, problem.values);
    const errorsWith = async (scales: Float32Array) => {
      const outputs = await product.outputs(rows.quantized, rounded(problem, scales));
      return channelErrors(outputs, targets, scales.length);
    };
    const best = problem.scales.slice();
    const least = await errorsWith(best);
    const widest = problem.widest ?? widestScales(problem);
    for (let share = CANDIDATES; share > 0; share--) {
      const scales = widest.map((scale, i) => Math.fround((scale * share) / CANDIDATES) || problem.scales[i]!);
      (await errorsWith(scales)).forEach((error, channel) => {
        if (error >= least[channel]!) return;
        least[channel] = error;
        best[channel] = scales[channel]!;
      });
    }
    return best;
  } finally {
    await product.release();
  }
}

/**
 * The same for a weight [size, columns] with a scale per column and block of rows, [columns, blocks]: what a block adds
 * to the output is held against what it should.
 */
export async function mseOfBlocks(
  problem: SeqMseProblem & { blockSize: number },
  rows: LayerRows,
  threads: number,
): Promise<Float32Array> {
  const { values, scales, size, columns, blockSize } = problem;
  const blocks = Math.ceil(size / blockSize);
  const best = scales.slice();
  for (let block = 0; block < blocks; block++) {
    const [start, end] = [block * blockSize, Math.min(size, (block + 1) * blockSize)];
    const own = Float32Array.from({ length: columns }, (_, column) => scales[column * blocks + block]!);
    const part = (side: Float32Array) => columnsOf(side, size, start, end);
    const chosen = await sequentialMse(
      {
        ...problem,
        size: end - start,
        values: values.subarray(start * columns, end * columns),
        scales: own,
        widest: own,
      },
      { count: rows.count, exact: part(rows.exact), quantized: part(rows.quantized) },
      threads,
    );
    chosen.forEach((scale, column) => {
      best[column * blocks + block] = scale;
    });
  }
  return best;
}

/** Some columns of rows of `length` elements. */
function columnsOf(rows: Float32Array, length: number, start: number, end: number): Float32Array {
  const part = new Float32Array((rows.length / length) * (end - start));
  for (let row = 0; row * length < rows.length; row++)
    part.set(rows.subarray(row * length + start, row * length + end), row * (end - start));
  return part;
}

/** Scales that clip nothing, as many as the problem has. */
function widestScales({ values, scales, limit, size, columns }: SeqMseProblem): Float32Array {
  const widest = new Float32Array(scales.length);
  values.forEach((value, at) => {
    const channel = channelOf(at, size, columns) % scales.length;
    widest[channel] = Math.max(widest[channel]!, Math.abs(value) / limit);
  });
  return widest;
}

function rounded({ values, lowest, limit, size, columns }: SeqMseProblem, scales: Float32Array): Float32Array {
  return values.map((value, at) => {
    const scale = scales[channelOf(at, size, columns) % scales.length]!;
    return scale * Math.min(limit, Math.max(lowest, roundHalfEven(Math.fround(value / scale))));
  });
}

function channelOf(at: number, size: number, columns: number): number {
  return Math.floor(at / (size * columns)) * columns + (at % columns);
}

/** Squared errors of outputs [rows, channels], summed per scale. */
function channelErrors(outputs: Float32Array, targets: Float32Array, scales: number): Float64Array {
  const errors = new Float64Array(scales);
  // Outputs of a row are its channels, so that a place modulo the channels is a channel; one scale takes them all.
  outputs.forEach((value, at) => {
    errors[at % scales]! += (value - targets[at]!) ** 2;
  });
  return errors;
}
