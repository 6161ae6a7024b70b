import type { Random } from '#numbers';
import type { CompleteTrial } from '../history/trial.js';
import { gaussian, pick } from '../random.js';
import {
  cardinality,
  fromUnit,
  isOrdered,
  toUnit,
  valueAt,
  type ParameterValues,
  type Parameter,
  type Value,
} from '../space/parameter.js';
import type { Sampler } from './sampler.js';

export interface Nsga2Options {
  /** Parents that are bred from; as many random trials come first. */
  population?: number;
}

/** Distribution index of simulated binary crossover: children near their parents (Deb and Agrawal 1995). */
const ETA = 15;

/**
 * NSGA-II (Deb et al. 2002) in its steady state: each proposal is a child of two of the best trials, chosen by
 * tournament, crossed and mutated. The history's order, by constrained rank and hypervolume, stands in for crowding.
 */
export function nsga2Sampler({ population = 24 }: Nsga2Options = {}): Sampler {
  return {
    propose(space, history, random) {
      if (history.complete.length < population) return space.random(random);
      const parents = history.leaders.slice(0, population);
      const [mother, father] = [tournament(parents, random), tournament(parents, random)];
      const rate = 1 / space.parameters.length;
      return space.assign((parameter) => {
        const child = cross(parameter, mother.assignment, father.assignment, random);
        return random() < rate ? mutate(parameter, child, random) : child;
      });
    },
  };
}

/** The better of two at random: parents are in order. */
function tournament(parents: readonly CompleteTrial[], random: Random): CompleteTrial {
  const [a, b] = [random() * parents.length, random() * parents.length];
  return parents[Math.floor(Math.min(a, b))]!;
}

function cross(parameter: Parameter, mother: ParameterValues, father: ParameterValues, random: Random): Value {
  const present = [mother[parameter.name], father[parameter.name]].filter((value) => value !== undefined);
  if (present.length === 0) return fromUnit(parameter, random());
  const [a, b] = [pick(present, random), pick(present, random)];
  if (!isOrdered(parameter) || a === b || random() < 0.5) return a;
  const draw = random();
  const power = 1 / (ETA + 1);
  const spread = draw < 0.5 ? (2 * draw) ** power : (1 / (2 * (1 - draw))) ** power;
  const [x, y] = [toUnit(parameter, a), toUnit(parameter, b)];
  return fromUnit(parameter, clamp(0.5 * ((1 + spread) * x + (1 - spread) * y)));
}

function mutate(parameter: Parameter, value: Value, random: Random): Value {
  if (!isOrdered(parameter)) return valueAt(parameter, Math.floor(random() * cardinality(parameter)));
  const width = Math.max(0.1, 1 / cardinality(parameter));
  return fromUnit(parameter, clamp(toUnit(parameter, value) + width * gaussian(random)));
}

const clamp = (unit: number) => Math.min(1, Math.max(0, unit));
