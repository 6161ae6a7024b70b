import { nonDominatedRanks, violation } from '../fronts/dominance.js';
import { greedySubset, hypervolume } from '../fronts/hypervolume.js';
import { paretoFront } from '../fronts/front.js';
import { assignmentKey } from '../space/space.js';
import { isComplete, type CompleteTrial, type SampledTrial } from './trial.js';

/** Best trials that are kept in order; what a sampler learns from is fewer. */
const LEADERS = 64;

/**
 * What a sampler may know: every trial, and the best of them kept in order as results come in, so that asking stays
 * fast after tens of thousands of trials.
 */
export class History {
  readonly trials: SampledTrial[] = [];
  readonly complete: CompleteTrial[] = [];
  readonly running = new Map<number, SampledTrial>();
  private readonly known = new Map<string, number>();
  private best: CompleteTrial[] = [];
  private isStale = false;

  add(trial: SampledTrial): void {
    this.trials.push(trial);
    this.remember(trial);
    this.update(trial);
  }

  /** Takes notice of a trial that ended. */
  update(trial: SampledTrial): void {
    if (trial.state === 'running') this.running.set(trial.id, trial);
    else this.running.delete(trial.id);
    if (!isComplete(trial)) return;
    this.complete.push(trial);
    this.best.push(trial);
    this.isStale = true;
  }

  /**
   * Takes notice of a trial that was withdrawn: its assignment counts as not asked for, unless another trial has it
   * too.
   */
  forget(trial: SampledTrial): void {
    this.running.delete(trial.id);
    const key = assignmentKey(trial.assignment);
    const count = this.known.get(key) ?? 0;
    if (count > 1) this.known.set(key, count - 1);
    else this.known.delete(key);
  }

  /** Takes notice of a trial without figures that runs anew. */
  remember(trial: SampledTrial): void {
    const key = assignmentKey(trial.assignment);
    this.known.set(key, (this.known.get(key) ?? 0) + 1);
    this.running.set(trial.id, trial);
  }

  /** Whether the assignment has been asked for before. */
  has(assignment: SampledTrial['assignment']): boolean {
    return this.known.has(assignmentKey(assignment));
  }

  /** How many assignments have been asked for that can be told apart. */
  get distinct(): number {
    return this.known.size;
  }

  /**
   * The best trials, at most 64: feasible ones by the rank of their front, those of one front by what they add to its
   * hypervolume, then the others by how far they are from feasible.
   */
  get leaders(): readonly CompleteTrial[] {
    if (this.isStale) this.best = ranked(this.best).slice(0, LEADERS);
    this.isStale = false;
    return this.best;
  }

  /** Feasible trials that no other dominates, of all there are. */
  front(): CompleteTrial[] {
    const feasible = this.complete.filter(({ outcome }) => violation(outcome) === 0);
    return paretoFront(feasible.map(({ outcome }) => outcome.values)).map((i) => feasible[i]!);
  }

  /** The hypervolume that the feasible trials dominate up to a reference. */
  hypervolume(reference: readonly number[]): number {
    return hypervolume(
      this.front().map(({ outcome }) => outcome.values),
      reference,
    );
  }
}

function ranked(trials: readonly CompleteTrial[]): CompleteTrial[] {
  const ranks = nonDominatedRanks(trials.map(({ outcome }) => outcome));
  const fronts = groupByRank(ranks);
  const ofRank = (rank: number) => fronts.get(rank)!.map((i) => trials[i]!);
  const inOrder = [...fronts.keys()].sort((a, b) => a - b);
  return inOrder.flatMap((rank) => spread(ofRank(rank)));
}

function groupByRank(ranks: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const [i, rank] of ranks.entries()) groups.set(rank, [...(groups.get(rank) ?? []), i]);
  return groups;
}

/** The trials of one front, the one that adds most to its hypervolume first. */
function spread(front: CompleteTrial[]): CompleteTrial[] {
  if (front.length < 2) return front;
  const points = front.map(({ outcome }) => outcome.values);
  if (points[0]!.length < 2) return front;
  return greedySubset(points, referenceOf(points), front.length).map((i) => front[i]!);
}

/** A little beyond the worst of each objective (Ozaki et al. 2022, section 4.1). */
export function referenceOf(points: readonly (readonly number[])[]): number[] {
  const objectives = points[0]?.length ?? 0;
  return Array.from({ length: objectives }, (_, objective) => {
    const worst = points.reduce((most, point) => Math.max(most, point[objective]!), -Infinity);
    return Math.max(worst * 1.1, worst * 0.9, worst + 1e-12);
  });
}
