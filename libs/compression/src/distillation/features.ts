import type { FeatureOptions } from '#contracts';
import type { HostTensors } from '#inference';
import { seededRandom } from '#numbers';
import { floatTensor, makeNode, type Shapes } from '#onnx';
import { TrainingError } from '../training/errors.js';
import type { TrainingForm } from '../training/form/trainable.js';
import { checkValue } from './feature-names.js';

/** A hidden value under training and the teacher's that it is trained towards. */
export interface Feature {
  /** What the loss reads: the student's value, or what the adapter makes of it. */
  value: string;
  /** The teacher's value. */
  answer: string;
  /** Shape of `value`, and of the answer but for the channels of an attention. */
  dims: readonly number[];
  answerDims: readonly number[];
  kind: FeatureOptions['kind'];
  weight: number;
}

/**
 * Pairs hidden values of student and teacher. Where the channels of a fitnet pair differ the student's graph gets a 1x1
 * convolution, or a matrix for values [N, C] and [N, T, C], which is trained and never stored. Returns the pairs and
 * the shapes with those of the adapters. Throws TrainingError for unknown names, offering the nearest, and for shapes
 * that differ beyond the channels.
 */
export function attachFeatures(
  form: TrainingForm,
  shapes: Shapes,
  answers: HostTensors,
  options: readonly FeatureOptions[],
  seed: number,
): { features: Feature[]; shapes: Shapes } {
  const known = new Map(shapes);
  const random = seededRandom(seed);
  const features = options.map(({ teacher, student, kind, weight }): Feature => {
    checkValue('student', form.graph, student);
    const [dims, answerDims] = [known.get(student)!, answers[teacher]!.dims];
    const axis = channelAxis(dims, answerDims);
    if (axis === null)
      throw new TrainingError(
        `feature "${student}" of the student is [${dims}], "${teacher}" of the teacher is [${answerDims}]: ` +
          'they may differ in their channels alone',
      );
    if (kind === 'attention' && dims.length !== 4)
      throw new TrainingError(
        `attention needs values [N, C, H, W], and "${student}" is [${dims}]: choose fitnet for it`,
      );
    const fits = kind === 'attention' || dims.join() === answerDims.join();
    const value = fits ? student : adapt(form, known, { student, dims, answerDims, axis }, random);
    return { value, answer: teacher, dims: known.get(value)!, answerDims, kind, weight };
  });
  return { features, shapes: known };
}

/** The same pairs for a batch of another size, whose student's values have these shapes. */
export function featuresOn(features: readonly Feature[], shapes: Shapes): Feature[] {
  return features.map((feature) => {
    const dims = shapes.get(feature.value) ?? feature.dims;
    return { ...feature, dims, answerDims: [dims[0]!, ...feature.answerDims.slice(1)] };
  });
}

/** The one axis along which the shapes differ, the usual one when they agree, null when they differ otherwise. */
function channelAxis(dims: readonly number[], others: readonly number[]): number | null {
  if (dims.length !== others.length || dims.length < 2 || dims[0] !== others[0]) return null;
  const different = [...dims.keys()].filter((axis) => dims[axis] !== others[axis]);
  if (different.length > 1) return null;
  return different[0] ?? (dims.length === 4 ? 1 : dims.length - 1);
}

interface Mismatch {
  student: string;
  dims: readonly number[];
  answerDims: readonly number[];
  axis: number;
}

/** Puts a trained linear map over the channels behind the value and returns what it gives. */
function adapt(
  { graph, trainables }: TrainingForm,
  shapes: Map<string, readonly number[]>,
  { student, dims, answerDims, axis }: Mismatch,
  random: () => number,
): string {
  const [from, to] = [dims[axis]!, answerDims[axis]!];
  const isLast = axis === dims.length - 1;
  if (!isLast && (axis !== 1 || dims.length > 4))
    throw new TrainingError(
      `"${student}" is [${dims}]: an adapter needs its channels on axis 1 of up to four, or on the last`,
    );
  const weightDims = isLast ? [from, to] : [to, from, ...dims.slice(2).map(() => 1)];
  const scale = Math.sqrt(3 / from);
  const values = Float32Array.from({ length: from * to }, () => (2 * random() - 1) * scale);
  const weight = graph.freshName(`${student}/adapter`);
  const output = graph.freshName(`${student}/adapted`);
  graph.addInitializer(floatTensor(weight, weightDims, values));
  const pointwise = { kernel_shape: dims.slice(2).map(() => 1) };
  const node = isLast
    ? makeNode('MatMul', [student, weight], [output])
    : makeNode('Conv', [student, weight], [output], pointwise);
  graph.addNode(node);
  shapes.set(weight, weightDims);
  shapes.set(output, answerDims);
  trainables.push({ name: weight, dims: weightDims, values, bits: 32, isMatrix: true, readings: [], stored: () => [] });
  return output;
}
