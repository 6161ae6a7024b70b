import { inputOf, readWeight } from '#onnx';
import { indicesOf } from '../channels/groups.js';
import { perGroup, type GroupScore, type Importance } from './importance.js';
import { magnitudeOfGroup } from './magnitude.js';
import { addScaled, withMeanOne } from './members.js';
import { joinedChannels } from './weight-scores.js';

/** |γ| of the batch normalisations behind a channel (Liu et al. 2017); magnitude where a group has none. */
const scales: GroupScore = (context, group) => {
  const norms = context.graph.nodes.filter(({ opType }) => opType === 'BatchNormalization');
  const vectors = new Set(norms.map((node) => inputOf(node, 1)));
  const total = new Float64Array(group.units.length);
  const members = group.members.filter(({ value }) => vectors.has(value));
  for (const { value, axis } of members) {
    const weight = readWeight(context.graph, value);
    if (!weight) continue;
    const norms = group.units.map((root) =>
      indicesOf(context.dependencies.coordinates, value, axis, root).reduce(
        (sum, index) => sum + Math.abs(weight.values[index]!),
        0,
      ),
    );
    addScaled(total, Float64Array.from(norms));
  }
  return members.length > 0 ? withMeanOne(total) : magnitudeOfGroup(2)(context, group);
};

const groups = perGroup(scales);

/** What a training with a penalty on γ drove to zero goes first. */
export const bnScale: Importance = { groups, weights: joinedChannels(groups), power: 2 };
