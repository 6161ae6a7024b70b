import { STEP, type GradientStep, type ParameterLayout } from '#autodiff';
import { Session, float32, type HostTensors } from '#inference';
import { writeModel } from '#onnx';

/** What computes loss and gradient of batches under given weights. */
export interface GradientRunner {
  /**
   * Writes the gradient into `gradient`, a vector of the step's layout as `weights` is, and returns the loss terms and
   * the forward values that the step returns, by their names.
   */
  run(feeds: HostTensors, weights: Float32Array, gradient: Float32Array): Promise<HostTensors>;
  release(): Promise<void>;
}

/** The tensors of a vector of weights under their names, as views of it. */
export function weightTensors(layout: ParameterLayout, vector: Float32Array): HostTensors {
  return tensorsOf(layout, vector, (name) => name);
}

/** The same of a gradient. */
export function gradientTensors(layout: ParameterLayout, vector: Float32Array): HostTensors {
  return tensorsOf(layout, vector, STEP.gradient);
}

function tensorsOf({ slots }: ParameterLayout, vector: Float32Array, nameOf: (name: string) => string): HostTensors {
  const tensors = slots.map(({ name, dims, offset, size }) => [
    nameOf(name),
    float32(dims, vector.subarray(offset, offset + size)),
  ]);
  return Object.fromEntries(tensors) as HostTensors;
}

/** Takes a batch as a whole, in one session that reads weights and writes gradients where they lie. */
export class WholeRunner implements GradientRunner {
  private constructor(
    private readonly step: GradientStep,
    private readonly session: Session,
    /** Outputs that the runtime makes room for. */
    private readonly others: readonly string[],
  ) {}

  static async create(step: GradientStep, threads: number): Promise<WholeRunner> {
    // `all` would reorder layouts around the pools at every step.
    const session = await Session.create(writeModel(step.model), { threads, optimization: 'extended' });
    const gradients = new Set(step.layout.slots.map(({ name }) => STEP.gradient(name)));
    const others = session.outputs.map(({ name }) => name).filter((name) => !gradients.has(name));
    return new WholeRunner(step, session, others);
  }

  run(feeds: HostTensors, weights: Float32Array, gradient: Float32Array): Promise<HostTensors> {
    const { layout } = this.step;
    return this.session.runInto(
      { ...feeds, ...weightTensors(layout, weights) },
      gradientTensors(layout, gradient),
      this.others,
    );
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
