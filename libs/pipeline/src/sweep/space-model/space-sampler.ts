import type { Assignment } from '#contracts';
import { modelSampler, type ModelPoint, type Parameter, type Sampler, type Value } from '#search';
import type { SweepPlan } from '../sweep-plan.js';
import { partValues } from './part-values.js';
import type { SpaceModel } from './space-model.js';

/** Share of the trials that the model's front is worth, and trials that are enough for it. */
const SHARE = 1 / 3;
const MOST = 30;

/**
 * Begins with the front that the model foresees; what the model says nothing of is spread over its values. Goes on by
 * another sampler.
 */
export function spaceSampler(
  plan: SweepPlan,
  { parts, model }: SpaceModel,
  trials: number,
  afterwards: Sampler,
): Sampler {
  let turn = 0;
  const assign = (options: readonly number[]): Assignment => {
    turn += 1;
    return plan.space.assign((parameter) => {
      const at = parts.findIndex((part) => part.parameter === parameter);
      const value = parts[at]?.values[options[at] ?? 0];
      return value ?? spread(plan, parameter, turn);
    });
  };
  const most = Math.min(MOST, Math.max(1, Math.ceil(trials * SHARE)));
  return modelSampler({ model, assign, trials: most, reference: cornerOf, afterwards });
}

/** Noise as strong as the signal: worse is no answer. */
const ALL_NOISE = 1;

/** A tenth beyond the worst of the front, in noise no further than an answer goes. */
function cornerOf(front: readonly ModelPoint[]): [number, number] {
  const costs = front.map(({ cost }) => cost);
  const [least, most] = [Math.min(...costs), Math.max(...costs)];
  const noises = front.map(({ loss }) => loss);
  const worst = Math.max(Math.min(ALL_NOISE, Math.max(...noises)), Math.min(...noises));
  return [most + 0.1 * (most - least), 1.1 * worst];
}

/** Values in turn (the golden ratio's sequence spreads evenly however many there are). */
function spread(plan: SweepPlan, parameter: Parameter, turn: number): Value {
  const alone = plan.space.parameters.map((other) => (other === parameter ? (turn * 0.618034) % 1 : 0));
  return plan.space.at(alone)[parameter.name] ?? partValues(parameter)[0] ?? 0;
}
