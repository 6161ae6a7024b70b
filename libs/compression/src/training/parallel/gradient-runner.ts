import { STEP, type GradientStep, type ParameterLayout } from '#autodiff';
import { Session, float32, keepOutputs, type HostTensor, type HostTensors } from '#inference';
import { cloneModel, elementCount, valueDims, writeModel, type ValueInfoProto } from '#onnx';

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
    /** What the step gives besides the gradient: losses, and values of the forward pass. */
    private readonly others: ReadonlyMap<string, readonly number[]>,
  ) {}

  static async create(step: GradientStep, threads: number): Promise<WholeRunner> {
    const model = cloneModel(step.model);
    keepOutputs(model);
    // `all` would reorder layouts around the pools at every step.
    const session = await Session.create(writeModel(model), { threads, optimization: 'extended' });
    const gradients = new Set(step.layout.slots.map(({ name }) => STEP.gradient(name)));
    const others = step.model.graph!.output.filter(({ name }) => !gradients.has(name));
    return new WholeRunner(step, session, new Map(others.map((value) => [value.name, fixedDims(value)])));
  }

  async run(feeds: HostTensors, weights: Float32Array, gradient: Float32Array): Promise<HostTensors> {
    const { layout } = this.step;
    const others = [...this.others].map(([name, dims]): [string, HostTensor] => [
      name,
      float32(dims, new Float32Array(elementCount(dims))),
    ]);
    const returned = Object.fromEntries(others);
    await this.session.runInto(
      { ...feeds, ...weightTensors(layout, weights) },
      { ...gradientTensors(layout, gradient), ...returned },
    );
    return returned;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** Shapes of a step's outputs are those of its batch. */
function fixedDims(value: ValueInfoProto): number[] {
  return (valueDims(value) ?? []).map(Number);
}
