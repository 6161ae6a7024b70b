import { greedySubset } from '../fronts/hypervolume.js';
import type { Sampler } from '../samplers/sampler.js';
import type { ParameterValues } from '../space/parameter.js';
import type { CostModel, ModelPoint } from './cost-model.js';
import { modelFront } from './model-front.js';

export interface ModelSamplerOptions {
  model: CostModel;
  /** The assignment that a point of the model stands for. */
  assign(options: readonly number[]): ParameterValues;
  /** Trials that the model's front is worth; the sampler `afterwards` goes on from what they found. */
  trials: number;
  /** The corner that the points of the front are spread towards, from these: [cost, loss]. */
  reference(front: readonly ModelPoint[]): readonly [number, number];
  afterwards: Sampler;
}

/**
 * Seeds a search with the front that a model foresees: the points that together promise most hypervolume, best first.
 * Afterwards another sampler goes on, and the real trials correct what the model got wrong.
 */
export function modelSampler({ model, assign, trials, reference, afterwards }: ModelSamplerOptions): Sampler {
  const front = modelFront(model, 4 * trials);
  const points = front.map(({ cost, loss }) => [cost, loss]);
  const order = greedySubset(points, reference(front), trials).map((i) => front[i]!);
  let asked = 0;
  return {
    propose(space, history, random) {
      while (asked < order.length) {
        const point = order[asked++]!;
        const assignment = assign(point.options);
        if (!history.has(assignment)) return assignment;
      }
      return afterwards.propose(space, history, random);
    },
  };
}
