import { STEP, type DividedStep, type ParameterLayout, type TrainingStep } from '#autodiff';
import { Session, float32, type HostTensors } from '#inference';
import { writeModel } from '#onnx';
import { DividedRunner, type Division, type StepRunner } from './parallel/divided-runner.js';
import { DivergedError } from './errors.js';

/** State of a run between two steps: all that a checkpoint has to keep. */
export interface TrainerState {
  /** Steps taken so far. */
  step: number;
  /** State vectors by name, `weights` among them. */
  vectors: Map<string, Float32Array>;
}

/** Whoever carries a state that a checkpoint has to keep. */
export interface Stateful {
  readonly state: TrainerState;
}

/** State vectors that begin as the weights do; the others begin at zero. */
const STARTS_AS_WEIGHTS: ReadonlySet<string> = new Set([STEP.weights, STEP.average]);

/**
 * What a run begins with: the weights, and for a step that reads a mask a 0 for each element that stays what it is,
 * none where it is absent.
 */
export interface TrainerStart {
  weights: Float32Array;
  mask?: Float32Array;
}

/** Loss terms of one step. */
export type StepLosses = Record<string, number>;

/** Runs a training step again and again, carrying its state. */
export class Trainer {
  private constructor(
    private readonly step: TrainingStep,
    private readonly runner: StepRunner,
    private readonly mask: HostTensors,
    readonly state: TrainerState,
  ) {}

  static async create(step: TrainingStep, start: TrainerStart, threads: number): Promise<Trainer> {
    // `all` would reorder layouts around the pools at every step.
    return Trainer.on(step, start, await Session.create(writeModel(step.model), { threads, optimization: 'extended' }));
  }

  /** The same for batches in parts. */
  static async divided(step: DividedStep, start: TrainerStart, division: Division): Promise<Trainer> {
    return Trainer.on(step, start, await DividedRunner.create(step, division));
  }

  private static on(step: TrainingStep, start: TrainerStart, runner: StepRunner): Trainer {
    const { size } = step.layout;
    const startOf = (name: string) => (STARTS_AS_WEIGHTS.has(name) ? start.weights.slice() : new Float32Array(size));
    const state = { step: 0, vectors: new Map(step.state.map((name) => [name, startOf(name)])) };
    const free = () => new Float32Array(size).fill(1);
    const mask: HostTensors = step.masked ? { [STEP.mask]: float32([size], start.mask ?? free()) } : {};
    return new Trainer(step, runner, mask, state);
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
    const size = [this.step.layout.size];
    const state = [...this.state.vectors].map(([name, data]) => [name, float32(size, data)]);
    const vectors = Object.fromEntries(state) as HostTensors;
    const [rate, count] = [float32([], [learningRate]), float32([], [this.state.step])];
    const scalars = { [STEP.learningRate]: rate, [STEP.count]: count };
    const result = await this.runner.run({ ...batch, ...vectors, ...scalars, ...this.mask });
    const lossOf = (term: string) => (result[STEP.term(term)]!.data as Float32Array)[0]!;
    const losses = Object.fromEntries(this.step.terms.map((term) => [term, lossOf(term)]));
    this.check(losses, result[STEP.next(STEP.weights)]!.data as Float32Array, learningRate);
    for (const name of this.step.state) this.state.vectors.set(name, result[STEP.next(name)]!.data as Float32Array);
    this.state.step++;
    return { losses, outputs: result };
  }

  /**
   * The loss says of the weights before the step that they were good; a gradient that is no number shows in those after
   * it.
   */
  private check(losses: StepLosses, weights: Float32Array, learningRate: number): void {
    const { step } = this.state;
    const loss = Object.keys(losses).find((term) => !Number.isFinite(losses[term]));
    if (loss !== undefined)
      throw new DivergedError({ step, learningRate, what: loss === 'loss' ? 'the loss' : `the loss "${loss}"` });
    const at = firstNotFinite(weights);
    if (at < 0) return;
    const slot = this.layout.slots.find(({ offset, size }) => at >= offset && at < offset + size);
    throw new DivergedError({ step, learningRate, what: `the weight "${slot?.name}"` });
  }

  /** Takes other weights for the result. */
  replaceWeights(weights: Float32Array): void {
    for (const name of STARTS_AS_WEIGHTS) if (this.state.vectors.has(name)) this.state.vectors.set(name, weights);
  }

  /** The result so far: the moving average of the weights where one is kept, else the weights. */
  get weights(): Float32Array {
    return this.state.vectors.get(STEP.average) ?? this.currentWeights;
  }

  get currentWeights(): Float32Array {
    return this.state.vectors.get(STEP.weights)!;
  }

  async release(): Promise<void> {
    await this.runner.release();
  }
}

/**
 * Index of the first element that is infinite or no number, -1 without one; an infinity minus itself, too, is no
 * number.
 */
function firstNotFinite(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
}
