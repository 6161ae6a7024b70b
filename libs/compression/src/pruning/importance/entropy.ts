import { DataType, makeTensor, type GraphBuilder, elementOf } from '#onnx';
import type { Group } from '../channels/groups.js';
import type { GroupScores, Importance, ImportanceContext } from './importance.js';
import { listeningNorms } from './magnitude.js';
import { withMeanOne } from './members.js';
import { alongAxis, askProbes, otherAxes, probeOf, type Probe } from './probes.js';
import { joinedChannels } from './weight-scores.js';

/** Bins on each side of the one around zero. */
const SIDE = 7;
const BINS = 2 * SIDE + 1;

/**
 * Width of a bin, in root mean squares of what the layer's listeners hear. Wide on purpose: a channel counts by how
 * often it says something louder than the rest, and finer bins would count the differences between whispers (see
 * docs/pruning.md).
 */
const BIN_WIDTH = 4;

/** What loudness alone counts, so that among channels that never leave the bin around zero the louder ones stay. */
const LOUDNESS = 0.01;

/**
 * Entropy of a channel's activations over samples and positions (after Luo and Wu 2017): one that always says the same
 * tells nothing. Activations are taken as the next layers hear them, times the norm of the weights that read the
 * channel, and fall into bins that all channels of a layer share. Two walks over the calibration split: the first finds
 * the width of the bins, the second counts.
 */
const entropies: GroupScores = async (context, groups) => {
  const probes = groups.map((group) => probeOf(context, group));
  const gains = groups.map((group, i) => gainsOf(context, group, elementOf(probes, i, 'probes')));
  const squares = await askProbes(context, probes, (b, probe, i) => ({
    value: squaresHeard(b, probe, gains[i]!),
    type: DataType.FLOAT,
  }));
  const heard = squares.map((sums) => loudnessOf(sums));
  const counts = await askProbes(context, probes, (b, probe, i) => ({
    value: countBins(
      b,
      probe,
      gains[i]!.map((gain) => gain / (BIN_WIDTH * heard[i]!.layer)),
    ),
    type: DataType.INT32,
  }));
  return probes.map(({ positions }, i) =>
    withMeanOne(
      sumsOf(
        positions,
        (channel) =>
          entropyOf(counts[i]!.subarray(channel * BINS, (channel + 1) * BINS)) +
          (LOUDNESS * heard[i]!.channels[channel]!) / heard[i]!.layer,
      ),
    ),
  );
};

/** Entropy in nats of a distribution given by counts. */
function entropyOf(counts: ArrayLike<number>): number {
  const list = Array.from(counts);
  const total = list.reduce((sum, count) => sum + count, 0);
  const surprise = (count: number) => (count / total) * Math.log(count / total);
  return list.reduce((sum, count) => (count === 0 ? sum : sum - surprise(count)), 0);
}

/** Per entry of the probe's axis, how loud the layers that read it hear it. */
function gainsOf(context: ImportanceContext, group: Group, { length, positions }: Probe): Float32Array {
  const norms = listeningNorms(context, group);
  const gains = new Float32Array(length);
  positions.forEach((channels, i) => channels.forEach((channel) => (gains[channel] = norms[i]!)));
  return gains;
}

/** [Σ (gain · x)² per entry of the probe's axis, and, last, the number of elements], of one batch. */
function squaresHeard(b: GraphBuilder, probe: Probe, gains: Float32Array): string {
  const heard = b.op('Mul', [probe.value, b.float(gains, alongAxis(probe))]);
  const squares = b.op('ReduceSumSquare', [heard, b.ints(otherAxes(probe))], { keepdims: 0 });
  return b.op(
    'Concat',
    [squares, b.op('Reshape', [b.op('Cast', [b.op('Size', [heard])], { to: DataType.FLOAT }), b.ints([1])])],
    { axis: 0 },
  );
}

/** Root mean squares of the layer, 1 where it is silent, and of each of its channels. */
function loudnessOf(sums: Float64Array): { layer: number; channels: Float64Array } {
  const squares = sums.subarray(0, -1);
  const elements = sums.at(-1)!;
  const total = squares.reduce((sum, square) => sum + square, 0);
  const channels = squares.map((square) => Math.sqrt((square * squares.length) / elements));
  return { layer: Math.sqrt(total / elements) || 1, channels };
}

/**
 * Counts of round(scale · x), clipped to ±SIDE, in one row of BINS per entry of the probe's axis, all rows in one
 * vector.
 */
function countBins(b: GraphBuilder, probe: Probe, scales: Float32Array): string {
  const starts = Float32Array.from(scales, (_, channel) => channel * BINS + SIDE);
  const rows = b.float(starts, alongAxis(probe));
  const scaled = b.op('Mul', [probe.value, b.float(scales, alongAxis(probe))]);
  const rounded = b.op('Round', [scaled]);
  const clipped = b.op('Clip', [rounded, b.float(-SIDE), b.float(SIDE)]);
  const bins = b.op('Cast', [b.op('Add', [clipped, rows])], { to: DataType.INT32 });
  const index = b.op('Reshape', [bins, b.ints([-1])]);
  const count = probe.length * BINS;
  const zeros = b.initializer(makeTensor(b.fresh('zeros'), DataType.INT32, [count], new Int32Array(count)));
  const one = b.initializer(makeTensor(b.fresh('one'), DataType.INT32, [1], Int32Array.of(1)));
  const ones = b.op('Expand', [one, b.op('Shape', [index])]);
  return b.op('ScatterElements', [zeros, index, ones], { axis: 0, reduction: 'add' });
}

function sumsOf(positions: readonly number[][], measure: (channel: number) => number): Float64Array {
  return Float64Array.from(positions, (channels) => channels.reduce((sum, channel) => sum + measure(channel), 0));
}

/** Channels that always say the same go first. */
export const entropy: Importance = { groups: entropies, weights: joinedChannels(entropies), power: 2 };
