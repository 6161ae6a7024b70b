import { seededRandom } from '#numbers';
import { elementOf } from '#onnx';
import { perGroup, type GroupScore, type Importance, type WeightScores } from './importance.js';
import { withMeanOne } from './members.js';
import { weightOf } from './weight-scores.js';

const ofGroup: GroupScore = ({ seed }, { units }) =>
  withMeanOne(Float64Array.from(units, seededRandom(seed + elementOf(units, 0, 'unit'))));

const ofWeights: WeightScores = async ({ graph, sites, seed }) =>
  sites.map((site) => {
    const { values } = weightOf(graph, site);
    const next = seededRandom(seed + values.length);
    return Float64Array.from(values, (value) => next() * Number(value !== 0));
  });

/** The control that every other importance has to beat. */
export const random: Importance = {
  groups: perGroup(ofGroup),
  weights: ofWeights,
  power: 2,
  blocks: (count, seed) => Array.from({ length: count }, seededRandom(seed)),
};
