import type { Shapes } from '#onnx';
import { suggestion, type DistillOptions, type OutputKind } from '#contracts';
import type { HostTensors } from '#inference';
import { TrainingError } from '../training/errors.js';

/** An output of the student and the teacher's answer that it is trained towards. */
export interface OutputPair {
  /** The student's output. */
  output: string;
  /** The teacher's output. */
  answer: string;
  /** Shape of both, the batch first. */
  dims: readonly number[];
  kind: OutputKind;
  /** What a classification's loss reads: the output, or the logits behind its Softmax. */
  logits: string;
  /** Whether the teacher's answers are probabilities rather than logits. */
  isProbability: boolean;
}

export interface OutputPairsRequest {
  /** The student's outputs, in the order of its graph, and their shapes. */
  outputs: readonly string[];
  shapes: Shapes;
  /** The teacher's answers to the same batch. */
  answers: HostTensors;
  /** Classes of the data set: null without labels, undefined without a data set. */
  classes: number | null | undefined;
  kinds: DistillOptions['outputs'];
}

/**
 * Pairs the student's outputs with the teacher's: by equal name, or by position when they have no name in common.
 * `auto` takes the only output [N, K] for logits when the data set has labels of K classes, or when there is no data
 * set to tell; any other is a regression. Throws TrainingError for answers of another shape, for nothing in common, and
 * for a kind of an unknown output.
 */
export function pairOutputs({ outputs, shapes, answers, classes, kinds }: OutputPairsRequest): OutputPair[] {
  const theirs = Object.keys(answers);
  const named = outputs.filter((output) => output in answers);
  const inOrder = outputs.slice(0, theirs.length).map((output, i) => [output, theirs[i]!] as const);
  const pairs = named.length > 0 ? named.map((name) => [name, name] as const) : inOrder;
  if (pairs.length === 0) throw new TrainingError('teacher and student have no output of floats to compare');
  const kindOf = kindChooser(
    kinds,
    pairs.map(([output]) => output),
  );
  return pairs.map(([output, answer]) => {
    const [dims, expected] = [shapes.get(output)!, answers[answer]!.dims];
    if (dims.join() !== expected.join())
      throw new TrainingError(
        `the student's output "${output}" is [${dims}], the teacher's is [${expected}]: they must agree`,
      );
    const isClasses = pairs.length === 1 && dims.length === 2 && (classes === undefined || classes === dims[1]);
    const kind = kindOf(output) ?? (isClasses ? 'classification' : 'mse');
    if (kind === 'classification' && dims.length !== 2)
      throw new TrainingError(
        `output "${output}" is [${dims}] and classification needs logits [N, K]: choose mse or cosine for it`,
      );
    return { output, answer, dims, kind, logits: output, isProbability: false };
  });
}

/** What the options say of each output; null where they leave it open. */
function kindChooser(
  kinds: DistillOptions['outputs'],
  outputs: readonly string[],
): (output: string) => OutputKind | null {
  if (typeof kinds === 'string') return () => (kinds === 'auto' ? null : kinds);
  for (const name of Object.keys(kinds)) {
    if (!outputs.includes(name))
      throw new TrainingError(
        `outputs names "${name}", which is no output under training: ${suggestion(name, outputs)}`,
      );
  }
  return (output) => kinds[output] ?? null;
}
