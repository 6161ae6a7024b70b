import { STEP, type GradientStep, type ParameterLayout } from '#autodiff';
import type { HostTensors } from '#inference';
import { DivergedError } from './errors.js';
import { DividedRunner, type Division } from './parallel/divided-runner.js';
import { WholeRunner, type GradientRunner } from './parallel/gradient-runner.js';
import { AVERAGE, WEIGHTS } from './update/kernels.js';
import { Update, type UpdateOptions, type UpdateStart } from './update/update.js';

/** State of a run between two steps: all that a checkpoint has to keep. */
export interface TrainerState {
  /** Steps taken so far. */
  step: number;
  /** State vectors by name, `weights` among them; a step changes what they hold. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
}

/** Whoever carries a state that a checkpoint has to keep. */
export interface Stateful {
  readonly state: TrainerState;
}

/** What a run begins with, and how its weights change. */
export type TrainerStart = UpdateStart & UpdateOptions;

/** Loss terms of one step. */
export type StepLosses = Record<string, number>;

/** Takes training steps again and again, carrying their state. */
export class Trainer {
  readonly state: TrainerState;

  private constructor(
    private readonly step: GradientStep,
    private readonly runner: GradientRunner,
    private readonly update: Update,
  ) {
    this.state = { step: 0, vectors: update.state };
  }

  static async create(step: GradientStep, start: TrainerStart, threads: number): Promise<Trainer> {
    return new Trainer(step, await WholeRunner.create(step, threads), new Update(step.layout, start, start));
  }

  /** The same for batches in parts. */
  static async divided(step: GradientStep, start: TrainerStart, division: Division): Promise<Trainer> {
    return new Trainer(step, await DividedRunner.create(step, division), new Update(step.layout, start, start));
  }

  get layout(): ParameterLayout {
    return this.step.layout;
  }

  /**
   * Takes one step on a batch. Throws DivergedError when the loss or a weight after it is not finite; the state is then
   * that before the step.
   */
  async run(batch: HostTensors, learningRate: number): Promise<StepLosses> {
    return (await this.runWithOutputs(batch, learningRate)).losses;
  }

  /** The same, with all that the step returns: forward values that were asked for among it. */
  async runWithOutputs(
    batch: HostTensors,
    learningRate: number,
  ): Promise<{ losses: StepLosses; outputs: HostTensors }> {
    const { step } = this.state;
    const outputs = await this.runner.run(batch, this.currentWeights, this.update.gradient);
    const losses = lossesOf(this.step, outputs);
    const loss = Object.keys(losses).find((term) => !Number.isFinite(losses[term]));
    if (loss !== undefined)
      throw new DivergedError({ step, learningRate, what: loss === 'loss' ? 'the loss' : `the loss "${loss}"` });
    const at = this.update.apply(learningRate, step);
    if (at >= 0) {
      const slot = this.layout.slots.find(({ offset, size }) => at >= offset && at < offset + size);
      throw new DivergedError({ step, learningRate, what: `the weight "${slot?.name}"` });
    }
    this.state.step++;
    return { losses, outputs };
  }

  /** Takes other weights for the result. */
  replaceWeights(weights: Float32Array): void {
    this.update.replaceWeights(weights);
  }

  /** The result so far: the moving average of the weights where one is kept, else the weights. */
  get weights(): Float32Array {
    return this.state.vectors.get(AVERAGE) ?? this.currentWeights;
  }

  /** The next step changes what they are. */
  get currentWeights(): Float32Array {
    return this.state.vectors.get(WEIGHTS)!;
  }

  async release(): Promise<void> {
    await this.runner.release();
  }
}

/** The loss terms among what a step returned. */
export function lossesOf({ terms }: Pick<GradientStep, 'terms'>, outputs: HostTensors): StepLosses {
  const lossOf = (term: string) => (outputs[STEP.term(term)]!.data as Float32Array)[0]!;
  return Object.fromEntries(terms.map((term) => [term, lossOf(term)]));
}
