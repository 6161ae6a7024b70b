import type { Assignment, SamplerName } from '#contracts';
import { seededRandom } from '#numbers';
import {
  autoSampler,
  gpSampler,
  gridSampler,
  nsga2Sampler,
  randomSampler,
  sobolSampler,
  Study,
  tpeSampler,
  type Outcome,
  type Sampler,
} from '#search';
import { isInSpace } from './assignments.js';
import type { SweepPlan } from './sweep-plan.js';
import { NOTHING_MEASURED, type SpaceMeasures } from './space-model/measures.js';
import { spaceModel } from './space-model/space-model.js';
import { spaceSampler } from './space-model/space-sampler.js';
import { trialLimit } from './trial-limit.js';
import { samplerOf } from './trials-of.js';

/** A trial as the records hold it. */
export interface RecordedTrial {
  number: number;
  state: 'running' | 'complete' | 'stopped' | 'cancelled' | 'failed' | 'infeasible';
  assignment: Assignment;
  outcome: { values: readonly number[]; constraints: readonly number[] } | null;
}

/**
 * The search behind a sweep, rebuilt from the records in any process and at any time: what is asked next follows from
 * the document, the trials recorded so far and the number of the next one.
 */
export class SweepStudy {
  private readonly study: Study;
  /** Trials of the study by their numbers in the sweep; undefined for one that the space does not hold. */
  private readonly known = new Map<number, number | undefined>();

  /** `measures` are what analyze has told of the input model, if anything. */
  constructor(
    private readonly plan: SweepPlan,
    measures: SpaceMeasures = NOTHING_MEASURED,
  ) {
    const { objectives, seed } = plan.document;
    const sampler = samplerFor(plan, measures);
    this.study = new Study({ space: plan.space, sampler, objectives: objectives.length, seed });
  }

  /** Takes notice of trials that are new or have ended; as often as one likes. */
  learn(trials: readonly RecordedTrial[]): void {
    for (const trial of trials) {
      if (!this.known.has(trial.number)) this.add(trial.number, trial.assignment);
      const id = this.known.get(trial.number);
      if (id !== undefined) this.update(id, trial);
    }
  }

  /** A trial whose job was retried runs anew; one that was cut off with the sweep may be asked for again. */
  private update(id: number, trial: RecordedTrial): void {
    const known = this.study.history.trials[id];
    if (!known || known.state === 'complete') return;
    if (known.state !== 'running' && trial.state !== 'cancelled') this.study.reopen(id);
    if (trial.state === 'cancelled') this.study.withdraw(id);
    else if (trial.state !== 'running') this.study.tell(id, endingOf(trial));
  }

  /** What the trial of this number is to try; null when nothing is left. It counts as running from now on. */
  ask(number: number): Assignment | null {
    const trial = this.study.ask(seededRandom(mixed(this.plan.document.seed, number)));
    if (trial) this.known.set(number, trial.id);
    return trial && trial.assignment;
  }

  private add(number: number, assignment: Assignment): void {
    const isKnown = isInSpace(this.plan.space, assignment);
    this.known.set(number, isKnown ? this.study.add(assignment).id : undefined);
  }
}

/** The sampler of a sweep: where layers or channels were measured, auto and model begin with what they foresee. */
function samplerFor(plan: SweepPlan, measures: SpaceMeasures): Sampler {
  const name = samplerOf(plan);
  const known = beginsWithModel(name) ? spaceModel(plan, measures) : null;
  const sampler = SAMPLERS[name]();
  return known ? spaceSampler(plan, known, trialLimit(plan), sampler) : sampler;
}

/** Whether a sampler begins with a model of the space where there is one. */
export const beginsWithModel = (name: SamplerName): boolean => name === 'auto' || name === 'model';

/** Every sampler by name; `model` goes on as auto does. */
const SAMPLERS: Record<SamplerName, () => Sampler> = {
  auto: autoSampler,
  grid: gridSampler,
  random: randomSampler,
  sobol: sobolSampler,
  tpe: tpeSampler,
  nsga2: nsga2Sampler,
  gp: gpSampler,
  model: autoSampler,
};

function endingOf({
  state,
  outcome,
}: RecordedTrial): { state: 'complete'; outcome: Outcome } | { state: 'stopped' | 'failed' } {
  if (state === 'complete' && outcome) return { state, outcome };
  return { state: state === 'stopped' ? 'stopped' : 'failed' };
}

/** A seed of its own for each trial (the finalizer of MurmurHash3). */
function mixed(seed: number, number: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
