import { goalsOf, type Goal, type RecipeGate, type SweepDocument, type SweepResults, type Trial } from '#contracts';
import { hypervolume, paretoFront, parameterImportance, referenceOf, type Space } from '#search';
import { goalValue } from './outcome.js';

export interface Searched {
  document: Pick<SweepDocument, 'objectives' | 'constraints'>;
  space: Space;
  /** Trials that have ended, in the order of numbers. */
  trials: readonly Trial[];
  /** When the sweep was launched, ms. */
  startedAt: number;
}

interface Scored {
  trial: Trial;
  /** Objectives turned so that lower is better. */
  values: number[];
}

/** Trials nearest to feasible that are told where none is. */
const NEAREST = 10;
/** Complete trials from which on importances tell something. */
const FEWEST = 10;

/** What a sweep has found: its front first, and why nothing is on it where that is so. */
export function sweepResults(searched: Searched): SweepResults {
  const { document, space, trials } = searched;
  const goals = goalsOf(document);
  const complete = trials.flatMap((trial) => scored(trial, goals));
  const feasible = complete.filter(({ trial }) => trial.violation === 0);
  const curve = hypervolumeCurve(feasible, searched);
  return {
    objectives: goals,
    front: frontOf(feasible),
    nearest: feasible.length > 0 ? [] : nearestOf(complete),
    best: goals.flatMap((goal, at) => bestIn(feasible, at, goal)),
    bestUnder: document.constraints.map((constraint, at) => bestUnder(constraint, at, complete)),
    ...curve,
    importance:
      complete.length < FEWEST
        ? []
        : goals.map(({ metric }, at) => ({ metric, shares: importanceOf(space, complete, at) })),
    same: sameModels(complete),
  };
}

function scored(trial: Trial, goals: readonly Goal[]): Scored[] {
  if (trial.state !== 'complete' || !trial.metrics) return [];
  const values = goals.map(({ metric, direction }) => {
    const value = goalValue(trial, metric);
    return value === undefined ? NaN : direction === 'minimize' ? value : -value;
  });
  return values.some(Number.isNaN) ? [] : [{ trial, values }];
}

function byFirst(a: Scored, b: Scored): number {
  const difference = (a.values[0] ?? 0) - (b.values[0] ?? 0);
  return difference || a.trial.number - b.trial.number;
}

/** Of trials with equal models the first alone. */
function frontOf(feasible: readonly Scored[]): Trial[] {
  const places = paretoFront(feasible.map(({ values }) => values));
  const on = places.flatMap((at) => feasible[at] ?? []);
  const seen = new Set<string>();
  return on.sort(byFirst).flatMap(({ trial }) => {
    const model = trial.modelDigest ?? `trial ${trial.number}`;
    if (seen.has(model)) return [];
    seen.add(model);
    return [trial];
  });
}

function nearestOf(complete: readonly Scored[]): Trial[] {
  const far = ({ trial }: Scored) => trial.violation ?? Infinity;
  const nearest = complete.toSorted((a, b) => far(a) - far(b) || byFirst(a, b));
  return nearest.slice(0, NEAREST).map(({ trial }) => trial);
}

function bestIn(feasible: readonly Scored[], at: number, { metric, direction }: Goal) {
  const valueOf = ({ values }: Scored) => values[at] ?? 0;
  const [best] = feasible.toSorted((a, b) => valueOf(a) - valueOf(b) || byFirst(a, b));
  return best ? [{ metric, direction, number: best.trial.number }] : [];
}

function bestUnder(constraint: RecipeGate, at: number, complete: readonly Scored[]) {
  const holding = complete.filter(({ trial: { constraints } }) => (constraints?.[at] ?? Infinity) <= 0);
  const [best] = holding.toSorted(byFirst);
  return { constraint, holding: holding.length, number: best?.trial.number ?? null };
}

function importanceOf(space: Space, complete: readonly Scored[], at: number): Record<string, number> {
  const scores = complete.map(({ trial, values }) => ({ assignment: trial.assignment, score: values[at] ?? 0 }));
  return parameterImportance(space, scores);
}

function sameModels(complete: readonly Scored[]): { modelDigest: string; numbers: number[] }[] {
  const groups = new Map<string, number[]>();
  for (const { trial } of complete)
    if (trial.modelDigest !== null)
      groups.set(trial.modelDigest, [...(groups.get(trial.modelDigest) ?? []), trial.number]);
  const shared = [...groups].filter(([, numbers]) => numbers.length > 1);
  return shared.map(([modelDigest, numbers]) => ({ modelDigest, numbers }));
}

/** The volume after each trial that added to it, as a share of the box between the best figures and the reference. */
function hypervolumeCurve(
  feasible: readonly Scored[],
  { trials, startedAt }: Searched,
): Pick<SweepResults, 'reference' | 'hypervolume'> {
  if (feasible.length === 0) return { reference: null, hypervolume: [] };
  const reference = referenceOf(feasible.map(({ values }) => values));
  const least = (at: number) => Math.min(...feasible.map(({ values }) => values[at] ?? Infinity));
  const best = reference.map((_, at) => least(at));
  const edges = reference.map((corner, at) => corner - (best[at] ?? 0));
  const box = edges.reduce((product, edge) => product * edge, 1);
  const ends = new Map(feasible.map(({ trial, values }) => [trial.number, values]));
  const inTime = trials.toSorted((a, b) => endOf(a) - endOf(b) || a.number - b.number);
  const points: SweepResults['hypervolume'] = [];
  let front: number[][] = [];
  let volume = 0;
  inTime.forEach((trial, at) => {
    const values = ends.get(trial.number);
    const seconds = Math.max(0, (endOf(trial) - startedAt) / 1000);
    if (values && !front.some((other) => other.every((value, i) => value <= (values[i] ?? 0)))) {
      const isBeaten = (other: readonly number[]) => !other.some((value, i) => value < (values[i] ?? 0));
      front = [...front.filter((other) => !isBeaten(other)), values];
      volume = hypervolume(front, reference) / box;
      points.push({ trials: at + 1, seconds, hypervolume: volume });
    } else if (at === inTime.length - 1) points.push({ trials: at + 1, seconds, hypervolume: volume });
  });
  return { reference: reference, hypervolume: points };
}

const endOf = ({ finishedAt }: Trial): number => (finishedAt === null ? 0 : Date.parse(finishedAt));
