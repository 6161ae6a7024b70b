import { type Random, seededRandom } from '#numbers';
import { TrialError } from './errors.js';
import type { Outcome } from './fronts/dominance.js';
import { History } from './history/history.js';
import type { SampledTrial } from './history/trial.js';
import type { Sampler } from './samplers/sampler.js';
import type { ParameterValues } from './space/parameter.js';
import type { Space } from './space/space.js';

export interface StudySettings {
  space: Space;
  sampler: Sampler;
  /** Number of objectives, all minimized. */
  objectives: number;
  seed: number;
}

/** How a trial ended. */
export type Ending = { state: 'complete'; outcome: Outcome } | { state: 'stopped' | 'failed' };

/** Proposals that are drawn anew when a sampler repeats itself in a finite space. */
const REPEATS = 8;

/**
 * A search by ask and tell. The same seed, answers and order of calls give the same assignments; nothing but they
 * decides. An assignment is not proposed twice as long as the space holds others.
 */
export class Study {
  readonly history = new History();
  private readonly random: Random;

  constructor(private readonly settings: StudySettings) {
    this.random = seededRandom(settings.seed);
  }

  /**
   * The next assignment to try, as a running trial; null when every assignment of a finite space has been asked for.
   * With numbers of its own what is asked does not depend on how often was asked before.
   */
  ask(random: Random = this.random): SampledTrial | null {
    const assignment = this.propose(random);
    return assignment && this.add(assignment);
  }

  /** A trial made by hand, or one that an earlier search made, running until it is told. */
  add(assignment: ParameterValues): SampledTrial {
    const trial: SampledTrial = { id: this.history.trials.length, assignment, state: 'running' };
    this.history.add(trial);
    return trial;
  }

  /**
   * Takes the end of a trial. Throws TrialError for one that is unknown or has ended, and for figures that do not fit.
   */
  tell(id: number, ending: Ending): SampledTrial {
    const trial = this.require(id);
    if (trial.state !== 'running') throw new TrialError(id, `it has ended already: ${trial.state}`);
    if (ending.state === 'complete') checkOutcome(id, ending.outcome, this.settings.objectives);
    Object.assign(trial, ending);
    this.history.update(trial);
    return trial;
  }

  /**
   * Takes a trial back that was never tried to its end: its assignment may be asked for again. Throws TrialError for
   * one with figures.
   */
  withdraw(id: number): void {
    const trial = this.require(id);
    if (trial.state === 'complete') throw new TrialError(id, 'it has figures and cannot be withdrawn');
    if (trial.state !== 'withdrawn') this.history.forget(trial);
    trial.state = 'withdrawn';
  }

  /** A trial that ended without figures runs anew. Throws TrialError for one with figures. */
  reopen(id: number): void {
    const trial = this.require(id);
    if (trial.state === 'complete') throw new TrialError(id, 'it has figures and cannot run anew');
    if (trial.state === 'withdrawn') this.history.remember(trial);
    trial.state = 'running';
    this.history.update(trial);
  }

  private require(id: number): SampledTrial {
    const trial = this.history.trials[id];
    if (!trial) throw new TrialError(id, 'the study did not ask for it');
    return trial;
  }

  private propose(random: Random): ParameterValues | null {
    const { space, sampler } = this.settings;
    if (this.history.distinct >= space.size) return null;
    for (let i = 0; i < REPEATS; i++) {
      const assignment = sampler.propose(space, this.history, random);
      if (assignment === null) return null;
      if (!this.history.has(assignment)) return assignment;
    }
    return this.unseen(random);
  }

  /** An assignment that has not been asked for: at random, and in order where the space is nearly exhausted. */
  private unseen(random: Random): ParameterValues | null {
    const { space } = this.settings;
    for (let i = 0; i < REPEATS * 8; i++) {
      const assignment = space.random(random);
      if (!this.history.has(assignment)) return assignment;
    }
    if (!Number.isFinite(space.size)) return space.random(random);
    for (const assignment of space.all()) if (!this.history.has(assignment)) return assignment;
    return null;
  }
}

function checkOutcome(id: number, { values, constraints = [] }: Outcome, objectives: number): void {
  if (values.length !== objectives)
    throw new TrialError(id, `it has ${values.length} objectives, the study ${objectives}`);
  const broken = [...values, ...constraints].findIndex(Number.isNaN);
  if (broken >= 0) throw new TrialError(id, `figure ${broken} is NaN: tell it as failed instead`);
}
