import type { HostTensor, HostTensors } from '#inference';
import { TrainingError } from '../../training/errors.js';
import { ModelTeacher, inputsFor, type Teacher } from './teacher.js';

/** Keeps the logarithm of a probability finite. */
const FLOOR = 1e-30;

/** Which of an ensemble's outputs are logits, to be averaged as probabilities at this temperature. */
interface Softening {
  outputs: ReadonlySet<string>;
  temperature: number;
}

/**
 * Several teachers that answer as one: the weighted mean of their outputs, and for logits that of their softened
 * probabilities.
 */
export class Ensemble implements Teacher {
  private constructor(
    private readonly members: readonly Teacher[],
    private readonly shares: readonly number[],
    private readonly softening: Softening,
  ) {}

  static async load(models: readonly Uint8Array[], weights: readonly number[], threads: number): Promise<Ensemble> {
    const members = await Promise.all(models.map((model) => ModelTeacher.load(model, threads)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const shares = weights.map((weight) => weight / total);
    return new Ensemble(members, shares, { outputs: new Set(), temperature: 1 });
  }

  /**
   * The same teachers with these outputs taken for logits: T · log Σ w · softmax(z / T), whose softmax at T is the mean
   * (Hinton et al. 2015).
   */
  softened(outputs: Iterable<string>, temperature: number): Ensemble {
    return new Ensemble(this.members, this.shares, { outputs: new Set(outputs), temperature });
  }

  get inputNames(): string[] {
    return this.members[0]!.inputNames;
  }

  /** Answers under the first member's names. Throws TrainingError when another member has no answer of that shape. */
  async answer(inputs: HostTensors): Promise<HostTensors> {
    const answers: HostTensors[] = [];
    for (const member of this.members) answers.push(await member.answer(inputsFor(member.inputNames, inputs)));
    return Object.fromEntries(
      Object.keys(answers[0]!).map((name, at) => [
        name,
        this.together(
          name,
          answers.map((theirs, i) => this.matching(name, at, theirs, i, answers[0]![name]!)),
        ),
      ]),
    );
  }

  async release(): Promise<void> {
    for (const member of this.members) await member.release();
  }

  /** A member's answer for the first member's output: by name, else by position. */
  private matching(name: string, at: number, theirs: HostTensors, member: number, first: HostTensor): HostTensor {
    const answer = theirs[name] ?? Object.values(theirs)[at];
    if (answer?.dims.join() === first.dims.join()) return answer;
    const got = Object.entries(theirs).map(([output, { dims }]) => `"${output}" [${dims}]`);
    throw new TrainingError(
      `teacher ${member} of the ensemble has no output like "${name}" [${first.dims}] of the first: ` +
        `got ${got.join(', ')}`,
    );
  }

  private together(name: string, answers: readonly HostTensor[]): HostTensor {
    const { dims } = answers[0]!;
    const parts = answers.map(({ data }) => data as Float32Array);
    const { outputs, temperature } = this.softening;
    const data = outputs.has(name)
      ? softenedMean(parts, this.shares, dims.at(-1)!, temperature)
      : weightedMean(parts, this.shares);
    return { type: 'float32', dims, data };
  }
}

/** Σ w · z, element by element. */
export function weightedMean(parts: readonly Float32Array[], shares: readonly number[]): Float32Array {
  const meanAt = (i: number) => parts.reduce((sum, part, member) => sum + shares[member]! * part[i]!, 0);
  return parts[0]!.map((_, i) => meanAt(i));
}

/** T · log Σ w · softmax(z / T) for each row of `classes` logits. */
export function softenedMean(
  parts: readonly Float32Array[],
  shares: readonly number[],
  classes: number,
  temperature: number,
): Float32Array {
  const mean = weightedMean(
    parts.map((part) => softmaxRows(part, classes, temperature)),
    shares,
  );
  return mean.map((probability) => temperature * Math.log(Math.max(probability, FLOOR)));
}

function softmaxRows(logits: Float32Array, classes: number, temperature: number): Float32Array {
  const result = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += classes) {
    const scores = logits.subarray(row, row + classes);
    const greatest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    const exponentials = Float64Array.from(scores, (score) => Math.exp((score - greatest) / temperature));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    exponentials.forEach((value, i) => (result[row + i] = value / sum));
  }
  return result;
}
