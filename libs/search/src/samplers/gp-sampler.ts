import type { Random } from '#numbers';
import { violation, type Outcome } from '../fronts/dominance.js';
import { paretoFront } from '../fronts/front.js';
import { referenceOf, type History } from '../history/history.js';
import { improvementInBoxes, undominatedBoxes } from '../gp/boxes.js';
import { GaussianProcess } from '../gp/gaussian-process.js';
import { expectedHypervolumeImprovement, expectedImprovement, probabilityBelow } from '../gp/improvement.js';
import type { Hyperparameters } from '../gp/kernel.js';
import { gaussian, pick } from '../random.js';
import type { Space } from '../space/space.js';
import { fromCoordinates, toCoordinates } from './coordinates.js';
import type { Sampler } from './sampler.js';
import { sobolSampler } from './sobol-sampler.js';

export interface GpOptions {
  /**
   * Trials spread evenly over the space before the first fit; by default two for each dimension and four, at most 16.
   */
  startup?: number;
  /** Trials that processes are fitted to; of more, the best and the newest are taken. */
  trials?: number;
}

/**
 * Random points that are judged for each proposal, rounds of small steps from the best of them, and steps in a round.
 */
const POINTS = 256;
const ROUNDS = 5;
const STEPS = 48;
/** Proposals between two fits of the hyperparameters, as a share of the trials known. */
const REFIT_SHARE = 0.04;

/** Worth of a point of the unit cube, to be made large. */
type Acquisition = (point: Float64Array) => number;

/**
 * Bayesian optimization: one Gaussian process for each objective and constraint, the point of the largest expected gain
 * next. With two and three objectives the gain is of hypervolume, with more the improvement of a random augmented
 * Chebyshev sum (Knowles 2006, ParEGO); it is weighted by the probability that the constraints hold (Gardner et al.
 * 2014). Running trials are taken to come out as believed (the kriging believer of Ginsbourger et al. 2010).
 */
export function gpSampler({ startup, trials = 160 }: GpOptions = {}): Sampler {
  const first = sobolSampler();
  const fits = new Map<number, Hyperparameters>();
  let fittedAt = 0;
  return {
    propose(space, history, random) {
      if (history.complete.length < (startup ?? Math.min(16, 4 + 2 * space.parameters.length)))
        return first.propose(space, history, random);
      const known = knownOf(space, history, trials);
      const isDue = history.complete.length >= fittedAt * (1 + REFIT_SHARE);
      if (isDue) fittedAt = history.complete.length;
      const beliefs = known.figures.map((values, i) => {
        const process = new GaussianProcess(known.points, values, fits.get(i), isDue);
        fits.set(i, process.hyperparameters);
        return process;
      });
      const running = [...history.running.values()].map(({ assignment }) => toCoordinates(space, assignment));
      const believed = believe(known, beliefs, running);
      return fromCoordinates(space, maximize(acquisitionOf(believed, random), space, believed, random));
    },
  };
}

interface Known {
  points: Float64Array[];
  /** Figures by objective, then by constraint, each over the points. */
  figures: number[][];
  objectives: number;
}

function knownOf(space: Space, history: History, limit: number): Known {
  const leaders = new Set(history.leaders);
  const others = history.complete.filter((trial) => !leaders.has(trial));
  const newest = others.slice(-(limit - leaders.size));
  const taken = history.complete.length <= limit ? history.complete : [...leaders, ...newest];
  const rows = taken.map(({ outcome }) => [...outcome.values, ...(outcome.constraints ?? [])]);
  const column = (figure: number) => rows.map((row) => row[figure]!);
  const figures = rows[0]!.map((_, figure) => column(figure));
  const points = taken.map(({ assignment }) => toCoordinates(space, assignment));
  return { points, figures, objectives: taken[0]!.outcome.values.length };
}

interface Believed extends Known {
  beliefs: GaussianProcess[];
}

/** Adds running trials with the means that are believed of them. */
function believe(known: Known, beliefs: GaussianProcess[], running: readonly Float64Array[]): Believed {
  if (running.length === 0) return { ...known, beliefs };
  const points = [...known.points, ...running];
  const meansOf = (i: number) => running.map((point) => beliefs[i]!.predict(point).mean);
  const figures = known.figures.map((values, i) => [...values, ...meansOf(i)]);
  const anew = figures.map((values, i) => new GaussianProcess(points, values, beliefs[i]!.hyperparameters, false));
  return { ...known, points, figures, beliefs: anew };
}

function outcomesOf({ points, figures, objectives }: Known): Outcome[] {
  return points.map((_, i) => {
    const row = figures.map((values) => values[i]!);
    return { values: row.slice(0, objectives), constraints: row.slice(objectives) };
  });
}

function acquisitionOf(known: Believed, random: Random): Acquisition {
  const { beliefs, objectives } = known;
  const allowed = outcomesOf(known).filter((outcome) => violation(outcome) === 0);
  const feasible = allowed.map(({ values }) => values);
  const constraints = beliefs.slice(objectives);
  const isAllowed: Acquisition = (point) =>
    constraints.reduce((product, belief) => product * probabilityBelow(belief.predict(point)), 1);
  if (feasible.length === 0) return isAllowed;
  const gain = gainOf(known, feasible, random);
  return (point) => gain(point) * isAllowed(point);
}

function gainOf(known: Believed, feasible: readonly (readonly number[])[], random: Random): Acquisition {
  if (known.objectives === 2) return volumeGain(known, feasible);
  return known.objectives === 3 ? boxGain(known, feasible) : sumGain(known, feasible, random);
}

/** Of three objectives the reference lies beyond the front alone: what was seen besides is mostly far away. */
function boxGain({ beliefs, objectives }: Believed, feasible: readonly (readonly number[])[]): Acquisition {
  const front = paretoFront(feasible).map((i) => feasible[i]!);
  const boxes = undominatedBoxes(front, referenceOf(front));
  const own = beliefs.slice(0, objectives);
  const predicted = (point: Float64Array) => own.map((belief) => belief.predict(point));
  return (point) => improvementInBoxes(predicted(point), boxes);
}

/** The reference lies beyond the worst that was seen, so that the ends of the front are worth reaching. */
function volumeGain({ beliefs }: Believed, feasible: readonly (readonly number[])[]): Acquisition {
  const onFront = paretoFront(feasible).map((i) => feasible[i]!);
  const front = onFront.sort((a, b) => a[0]! - b[0]!);
  const reference = referenceOf(feasible);
  const [first, second] = beliefs;
  return (point) => expectedHypervolumeImprovement(first!.predict(point), second!.predict(point), front, reference);
}

/** Draws of the beliefs over which an improvement is averaged where it has no closed form. */
const DRAWS = 24;

/**
 * With one objective its expected improvement; with more, that of a sum whose weights are drawn anew for each proposal.
 */
function sumGain(
  { objectives, beliefs }: Believed,
  feasible: readonly (readonly number[])[],
  random: Random,
): Acquisition {
  if (objectives === 1) {
    const best = Math.min(...feasible.map(([value = Infinity]) => value));
    return (point) => expectedImprovement(beliefs[0]!.predict(point), best);
  }
  const scalar = chebyshev(
    paretoFront(feasible).map((i) => feasible[i]!),
    random,
  );
  const best = Math.min(...feasible.map(scalar));
  const drawn = () => Array.from({ length: objectives }, () => gaussian(random));
  const draws = Array.from({ length: DRAWS }, drawn);
  return (point) => {
    const own = beliefs.slice(0, objectives).map((belief) => belief.predict(point));
    const valuesOf = (draw: readonly number[]) => own.map(({ mean, deviation }, i) => mean + deviation * draw[i]!);
    const sums = draws.map((draw) => scalar(valuesOf(draw)));
    return sums.reduce((total, sum) => total + Math.max(0, best - sum), 0) / DRAWS;
  };
}

/** The largest weighted objective and a little of all, each counted from the lowest to the highest of the front. */
function chebyshev(front: readonly (readonly number[])[], random: Random): (values: readonly number[]) => number {
  const objectives = front[0]!.length;
  const raw = Array.from({ length: objectives }, () => -Math.log(1 - random()));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const ends = raw.map(
    (_, i) => [Math.min(...front.map((values) => values[i]!)), Math.max(...front.map((values) => values[i]!))] as const,
  );
  return (values) => {
    const shares = values.map(
      (value, i) => (raw[i]! / total) * ((value - ends[i]![0]) / (ends[i]![1] - ends[i]![0] || 1)),
    );
    return Math.max(...shares) + 0.05 * shares.reduce((sum, share) => sum + share, 0);
  };
}

/** The best of random points and points near known ones, then of small steps from the best. */
function maximize(acquisition: Acquisition, space: Space, { points }: Known, random: Random): Float64Array {
  let best = { point: points[0]!, worth: -Infinity };
  const consider = (point: Float64Array) => {
    const worth = acquisition(point);
    if (worth > best.worth) best = { point, worth };
  };
  for (let i = 0; i < POINTS; i++) {
    const anywhere = () => toCoordinates(space, space.random(random));
    const point = i % 2 ? anywhere() : near(pick(points, random), 0.1, random);
    consider(toCoordinates(space, fromCoordinates(space, point)));
  }
  for (let round = 0, width = 0.1; round < ROUNDS; round++, width /= 2.5) {
    for (let i = 0; i < STEPS; i++)
      consider(toCoordinates(space, fromCoordinates(space, near(best.point, width, random))));
  }
  return best.point;
}

/** Some coordinates moved by normal steps, the others kept. */
function near(point: Float64Array, width: number, random: Random): Float64Array {
  const share = Math.max(0.3, 1 / point.length);
  const moved = (value: number) => Math.min(1, Math.max(0, value + width * gaussian(random)));
  return point.map((value) => (random() < share ? moved(value) : value));
}
