import type { ParameterLayout } from '#autodiff';
import { FlatVectors } from './flat-vectors.js';
import {
  AVERAGE,
  GRADIENT,
  MASK,
  WEIGHTS,
  largestKernel,
  squaresKernel,
  updateKernel,
  type Kernel,
} from './kernels.js';
import { scalarsOf, stateOf, type Optimizer } from './optimizer.js';
import { wasmFunctions } from './wasm.js';

/** How weights change in a step. */
export interface UpdateOptions {
  optimizer: Optimizer;
  /** Largest global L2 norm of the gradient; longer ones are scaled down. */
  clipNorm?: number | undefined;
  /** Whether weight decay shrinks a parameter; all where absent. */
  decays?: ((parameter: string) => boolean) | undefined;
  /** Decay of a moving average of the weights, kept as the vector `average`; smaller over the first steps. */
  averaging?: number | undefined;
}

/**
 * What a run begins with: the weights, and a 0 for each element that stays what it is, none where the mask is absent.
 */
export interface UpdateStart {
  weights: Float32Array;
  mask?: Float32Array | undefined;
}

/** Elements of which weight decay shrinks all or none. */
interface Range {
  from: number;
  to: number;
  decays: boolean;
}

/** Runs a kernel on elements and returns what it gives for each part of them. */
type Call = (from: number, to: number, scalars?: Readonly<Record<string, number>>) => number[];

/**
 * Gradients and rates up to here add up to no infinite weight in any number of steps that can be taken; a step beyond
 * is taken on trial.
 */
const MODERATE = 1e9;

/**
 * The optimizer's step over flat vectors, in one pass of WebAssembly outside the graph. It computes element by element
 * in single precision, without fused products, and so gives the same bits on every CPU.
 */
export class Update {
  /** The state: weights, what the optimizer carries, and their moving average where one is kept. */
  readonly state: ReadonlyMap<string, Float32Array>;
  private readonly vectors: FlatVectors;
  private readonly ranges: readonly Range[];
  private readonly kernels: Record<'change' | 'largest' | 'squares', Call>;
  /** Whether the state and all gradients so far were moderate; not known before the first step. */
  private isModerate: boolean | null = null;

  /** `addressable` is how many bytes the kernels' memory may have, where it is less than they can address. */
  constructor(
    private readonly layout: ParameterLayout,
    private readonly options: UpdateOptions,
    { weights, mask }: UpdateStart,
    addressable?: number,
  ) {
    const { optimizer, clipNorm, averaging } = options;
    const masked = mask !== undefined && [...layout.unpack(mask).values()].some((values) => values.includes(0));
    const [clipped, averaged] = [clipNorm !== undefined, averaging !== undefined];
    const names = [WEIGHTS, ...stateOf(optimizer), ...(averaged ? [AVERAGE] : [])];
    this.vectors = new FlatVectors([...names, GRADIENT, ...(masked ? [MASK] : [])], layout.size, addressable);
    this.state = new Map(names.map((name) => [name, this.vectors.get(name)]));
    this.replaceWeights(weights);
    if (masked) this.vectors.get(MASK).set(mask);
    this.ranges = rangesOf(layout, options);
    this.kernels = this.load({
      change: updateKernel({ optimizer, masked, clipped, averaged }),
      largest: largestKernel(masked),
      squares: squaresKernel(masked),
    });
  }

  /** What a step reads, to be written by whoever computes it. */
  get gradient(): Float32Array {
    return this.vectors.get(GRADIENT);
  }

  /** Takes other weights, for their moving average too. */
  replaceWeights(weights: Float32Array): void {
    for (const name of [WEIGHTS, AVERAGE]) this.state.get(name)?.set(weights);
  }

  /**
   * Takes the step that `step` others came before, and returns -1; or, where it would leave a weight that is infinite
   * or no number, the index of one, the state being what it was.
   */
  apply(learningRate: number, step: number): number {
    const largest = Math.max(...this.kernels.largest(0, this.layout.size));
    if (!Number.isFinite(largest)) return firstNotFinite(this.gradient);
    this.isModerate ??= [...this.state.values()].every((vector) =>
      vector.every((value) => Math.abs(value) < MODERATE ** 2),
    );
    this.isModerate &&= largest < MODERATE && learningRate < MODERATE;
    const before = this.isModerate ? [] : [...this.state].map(([name, vector]) => [name, vector.slice()] as const);
    this.change(learningRate, step);
    const at = this.isModerate ? -1 : firstNotFinite(this.state.get(WEIGHTS)!);
    if (at >= 0) for (const [name, vector] of before) this.state.get(name)!.set(vector);
    return at;
  }

  private change(learningRate: number, step: number): void {
    const { optimizer, clipNorm = Infinity, averaging } = this.options;
    const scalars = {
      ...scalarsOf(optimizer, learningRate, step),
      ...(clipNorm < Infinity ? { share: this.shareWithin(clipNorm) } : {}),
      ...(averaging === undefined ? {} : averagingAt(averaging, step)),
    };
    for (const { from, to, decays } of this.ranges)
      this.kernels.change(from, to, { ...scalars, decay: decays ? 1 - learningRate * optimizer.weightDecay : 1 });
  }

  /** What is left of a gradient that is longer than the limit. */
  private shareWithin(clipNorm: number): number {
    const squares = this.kernels.squares(0, this.layout.size).reduce((sum, part) => sum + part, 0);
    const norm = Math.sqrt(squares);
    return Math.min(1, clipNorm / (norm + 1e-12));
  }

  private load<K extends string>(kernels: Record<K, Kernel>): Record<K, Call> {
    const entries = Object.entries(kernels) as [K, Kernel][];
    const code = Object.fromEntries(entries.map(([name, kernel]) => [name, kernel.code]));
    const functions = wasmFunctions(code, this.vectors.memory);
    const callOf = ([name, kernel]: [K, Kernel]): [K, Call] => [name, this.callOf(functions[name]!, kernel)];
    return Object.fromEntries(entries.map(callOf)) as Record<K, Call>;
  }

  private callOf(run: (...values: number[]) => number, { addresses, scalars: names }: Kernel): Call {
    return (from, to, scalars = {}) => {
      const results: number[] = [];
      this.vectors.visit(from, to, (addressOf, bytes) => {
        const places = addresses.map(addressOf);
        results.push(run(...places, places[0]! + bytes, ...names.map((name) => scalars[name]!)));
      });
      return results;
    };
  }
}

/** Neighbouring tensors in one, where the optimizer treats them alike. */
function rangesOf({ slots, size }: ParameterLayout, { optimizer, decays }: UpdateOptions): Range[] {
  const isDecaying = (name: string) => optimizer.weightDecay > 0 && (decays?.(name) ?? true);
  const ranges: Range[] = [];
  slots.forEach(({ name, offset }, i) => {
    const [last, to] = [ranges.at(-1), slots[i + 1]?.offset ?? size];
    if (last && last.decays === isDecaying(name)) last.to = to;
    else ranges.push({ from: offset, to, decays: isDecaying(name) });
  });
  return ranges.filter(({ from, to }) => to > from);
}

/**
 * average ← d · average + (1 - d) · weights, d = min(decay, (1 + t) / (10 + t)) after t steps: over a short run the full
 * decay would keep the weights that it began with (the moving average of TensorFlow, with num_updates).
 */
function averagingAt(decay: number, step: number): { kept: number; new: number } {
  const kept = Math.min(decay, (1 + step) / (10 + step));
  return { kept, new: 1 - kept };
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
