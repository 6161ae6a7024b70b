import { violation } from '../fronts/dominance.js';
import { contributions } from '../fronts/hypervolume.js';
import { referenceOf, type History } from '../history/history.js';
import type { CompleteTrial, SampledTrial } from '../history/trial.js';
import type { ParameterValues } from '../space/parameter.js';
import { ParzenEstimator } from './parzen.js';
import type { Sampler } from './sampler.js';
import { sobolSampler } from './sobol-sampler.js';

export interface TpeOptions {
  /** Trials spread evenly over the space before the first estimate. */
  startup?: number;
  /** Assignments drawn for each proposal; the most promising is taken. */
  candidates?: number;
}

/** Most trials that count as good, and the share of all that does until then. */
const GOOD = 25;
const GOOD_SHARE = 0.1;
/**
 * Trials that stand for all the others: beyond them a density hardly changes, and the time to ask would grow for ever.
 */
const OTHERS = 400;

/**
 * The tree-structured Parzen estimator for several objectives and constraints (Bergstra et al. 2011; Ozaki et al. 2022;
 * Watanabe and Hutter 2023): draws from the density of the good trials and keeps the draw that is likeliest among them
 * against the rest. Good are the leaders of the history, weighted by what they add to its hypervolume. Trials that
 * still run count as bad (the constant liar of Ginsbourger et al. 2010), so that parallel asks spread.
 */
export function tpeSampler({ startup = 10, candidates = 32 }: TpeOptions = {}): Sampler {
  const first = sobolSampler();
  return {
    propose(space, history, random) {
      if (history.complete.length < startup) return first.propose(space, history, random);
      const good = goodOf(history);
      const below = new ParzenEstimator(
        space,
        good.map(({ assignment }) => assignment),
        weightsOf(good),
      );
      const above = new ParzenEstimator(space, othersOf(history, new Set(good)));
      let best: { assignment: ParameterValues; gain: number } | undefined;
      for (let i = 0; i < candidates; i++) {
        const assignment = below.draw(random);
        const gain = below.logDensity(assignment) - above.logDensity(assignment);
        if (!best || gain > best.gain) best = { assignment, gain };
      }
      return best?.assignment ?? space.random(random);
    },
  };
}

function goodOf({ leaders, complete }: History): readonly CompleteTrial[] {
  return leaders.slice(0, Math.min(GOOD, Math.ceil(GOOD_SHARE * complete.length)));
}

/** Least weight of a good trial: what adds nothing to the hypervolume still tells where good ones lie. */
const LEAST_WEIGHT = 0.05;

/**
 * What each good trial adds to the hypervolume of all, as a share of the largest; one that is not feasible counts the
 * more, the more of them there are.
 */
function weightsOf(good: readonly CompleteTrial[]): number[] {
  const feasible = good.filter(({ outcome }) => violation(outcome) === 0);
  const points = feasible.map(({ outcome }) => outcome.values);
  if ((points[0]?.length ?? 0) < 2 || feasible.length < 2) return good.map(() => 1);
  const added = contributions(points, referenceOf(points));
  const most = Math.max(...added, 1e-12);
  const infeasible = 1 - feasible.length / good.length;
  const addedBy = (trial: (typeof good)[number]) => added[feasible.indexOf(trial)] ?? infeasible * most;
  return good.map((trial) => Math.max(LEAST_WEIGHT, addedBy(trial) / most));
}

/** The running trials, and of the others so many, evenly spread over time. */
function othersOf({ trials, running }: History, good: ReadonlySet<SampledTrial>): ParameterValues[] {
  const stride = Math.max(1, trials.length / OTHERS);
  const ended: ParameterValues[] = [];
  for (let at = 0; at < trials.length; at += stride) {
    const trial = trials[Math.floor(at)]!;
    if (trial.state !== 'running' && !good.has(trial)) ended.push(trial.assignment);
  }
  return [...ended, ...[...running.values()].map(({ assignment }) => assignment)];
}
