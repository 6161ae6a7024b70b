import { DataType } from '#onnx';
import type { GroupScores, Importance } from './importance.js';
import { sumsAt, withMeanOne } from './members.js';
import { askProbes, otherAxes, probeOf } from './probes.js';
import { joinedChannels } from './weight-scores.js';

/** 1 - APoZ, the share of activations above zero (Hu et al. 2016), on the calibration split. */
const aliveShare: GroupScores = async (context, groups) => {
  const probes = groups.map((group) => probeOf(context, group));
  const counts = await askProbes(context, probes, (b, probe) => {
    const isAlive = b.op('Greater', [probe.value, b.float(0)]);
    const alive = b.op('Cast', [isAlive], { to: DataType.FLOAT });
    const counts = b.op('ReduceSum', [alive, b.ints(otherAxes(probe))], { keepdims: 0 });
    return { value: counts, type: DataType.FLOAT };
  });
  return probes.map(({ positions }, i) => withMeanOne(sumsAt(positions, counts[i]!)));
};

/** Channels that are silent most often go first. */
export const apoz: Importance = { groups: aliveShare, weights: joinedChannels(aliveShare), power: 2 };
