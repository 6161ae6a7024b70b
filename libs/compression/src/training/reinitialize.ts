import type { TrainOptions } from '#contracts';
import { seededRandom } from '#numbers';
import {
  elementCount,
  intAttribute,
  intsAttribute,
  staticShapes,
  stringAttribute,
  type NodeProto,
  type Shapes,
} from '#onnx';
import { wideAxes } from './form/constant-values.js';
import { TrainingError } from './errors.js';
import { storedName } from './form/shadow-name.js';
import type { Trainable, TrainingForm } from './form/trainable.js';
import type { Reading, Role } from './form/weight-roles.js';

type Random = () => number;

/** Numbers that each weight of a layer takes part in, towards its output and from its input. */
interface Fans {
  in: number;
  out: number;
}

/** What all weights of a model are drawn with. */
interface Drawing {
  draw: (fans: Fans, random: Random) => number;
  random: Random;
  /** Shapes of the form's values, where they follow from the file. */
  shapes: Shapes;
  /** Zeros of matrices stay. */
  keepZeros: boolean;
}

/** Standard deviation of embeddings and positions (Devlin et al. 2019, as in GPT and BERT). */
const EMBEDDING_DEVIATION = 0.02;

/** Slope of PRelu below zero (He et al. 2015). */
const PRELU_SLOPE = 0.25;

/** How weight matrices are drawn. */
const DRAWS: Record<Exclude<TrainOptions['initialWeights'], 'keep'>, (fans: Fans, random: Random) => number> = {
  // N(0, 2 / fan in): keeps the variance of what passes through Relu (He et al. 2015).
  he: (fans, random) => Math.sqrt(2 / fans.in) * normal(random),
  // U(-a, a) with a² = 6 / (fan in + fan out): keeps variances forwards and backwards (Glorot and Bengio 2010).
  glorot: (fans, random) => Math.sqrt(6 / (fans.in + fans.out)) * (2 * random() - 1),
};

/** Fans of a layer's kernel, by operator. */
const FANS: Record<string, (node: NodeProto, dims: readonly number[], index: number) => Fans> = {
  Conv: (node, dims) => convFans(dims[1]!, dims[0]! / intAttribute(node, 'group', 1), dims.slice(2)),
  ConvTranspose: (node, dims) => convFans(dims[0]! / intAttribute(node, 'group', 1), dims[1]!, dims.slice(2)),
  Gemm: (node, [rows, columns], index) =>
    Boolean(intAttribute(node, index === 0 ? 'transA' : 'transB', 0)) === (index === 1)
      ? { in: columns!, out: rows! }
      : { in: rows!, out: columns! },
  LSTM: recurrentFans(4),
  GRU: recurrentFans(3),
  RNN: recurrentFans(1),
  Einsum: einsumFans,
  MatMul: (_, dims, index) =>
    index === 0
      ? { in: dims.at(-1)!, out: dims.at(-2) ?? 1 }
      : { in: dims.at(-2) ?? dims.at(-1)!, out: dims.length > 1 ? dims.at(-1)! : 1 },
};

/** What begins elsewhere than a kernel: norms and scales at one, slopes as He et al. have them, biases at zero. */
const CONSTANTS: Partial<Record<Role, number>> = { gain: 1, scale: 1, slope: PRELU_SLOPE, bias: 0 };

/**
 * The form with every weight drawn anew: layers by He or Glorot from the seed, norms and scales at 1, biases at 0,
 * tables and positions from N(0, 0.02²). With `keepZeros` zeros of matrices stay. Throws TrainingError for weights
 * stored as integers, whose scales would no longer fit.
 */
export function reinitialized(
  form: TrainingForm,
  draw: keyof typeof DRAWS,
  seed: number,
  keepZeros: boolean,
): TrainingForm {
  const drawing: Drawing = {
    draw: DRAWS[draw],
    random: seededRandom(seed ^ 0x1b873593),
    shapes: staticShapes(form.graph),
    keepZeros,
  };
  const trainables = form.trainables.map((trainable) => ({ ...trainable, values: drawn(trainable, drawing) }));
  return { ...form, trainables };
}

/** What keeps the weights of a form from being drawn anew; null where nothing does. */
export function undrawable({ trainables }: TrainingForm): string | null {
  const stored = trainables.find(isStoredInteger);
  return stored ? undrawnReason(`the weight "${storedName(stored.name)}" is stored in ${stored.bits} bits`) : null;
}

/** Whether a weight is stored as integers, whose scale a draw would not fit. */
const isStoredInteger = ({ bits }: Pick<Trainable, 'bits'>): boolean => bits < 16;

/** Why weights on a grid are not drawn anew, behind what puts them there, and the way out. */
export const undrawnReason = (subject: string): string =>
  `${subject} and its scale belongs to its values: choose initialWeights keep, or train before you quantize`;

function drawn({ name, dims, values, bits, isMatrix, readings }: Trainable, drawing: Drawing): Float32Array {
  if (isStoredInteger({ bits }))
    throw new TrainingError(undrawnReason(`the weight "${storedName(name)}" is stored in ${bits} bits`));
  const fresh = values.map(starter(readings, dims, drawing));
  return drawing.keepZeros && isMatrix ? fresh.map((value, i) => (values[i] === 0 ? 0 : value)) : fresh;
}

/** Of several readers the first that looks up decides, then the first that multiplies. */
function starter(readings: readonly Reading[], dims: readonly number[], drawing: Drawing): () => number {
  const { draw, random } = drawing;
  const ofRole = (role: string) => readings.find((other) => other.role === role);
  const reading = ofRole('table') ?? ofRole('kernel') ?? readings[0]!;
  const { role } = reading;
  if (role === 'kernel') {
    const fans = fansOf(reading, dims, drawing.shapes);
    return () => draw(fans, random);
  }
  const constant = role === 'shift' && wideAxes(dims) <= 1 ? 0 : CONSTANTS[role];
  return constant === undefined ? () => EMBEDDING_DEVIATION * normal(random) : () => constant;
}

/**
 * Fans of a kernel as its layer reads it, whatever shape it is stored in. Where that shape is unknown every element
 * counts towards both.
 */
function fansOf({ node, index, carriers }: Reading, dims: readonly number[], shapes: Shapes): Fans {
  const read = shapes.get(node.input[index]!) ?? carriers.reduce(moved, dims);
  const fans = FANS[node.opType]!(node, read, index);
  if (Number.isFinite(fans.in) && Number.isFinite(fans.out)) return fans;
  return { in: elementCount(dims), out: elementCount(dims) };
}

/** The shape behind an operator that moves elements, as far as fans go by it. */
function moved(dims: readonly number[], node: NodeProto): readonly number[] {
  if (node.opType !== 'Transpose') return dims;
  const perm = intsAttribute(node, 'perm', [...dims.keys()].reverse());
  return perm.map((axis) => dims[axis]!);
}

function convFans(channelsIn: number, channelsOut: number, kernel: readonly number[]): Fans {
  const taps = kernel.reduce((product, dim) => product * dim, 1);
  return { in: channelsIn * taps, out: channelsOut * taps };
}

/** [directions, gates · H, in]: each gate is a layer of its own. */
function recurrentFans(gates: number) {
  return (_: NodeProto, dims: readonly number[]): Fans => ({ in: dims[2]!, out: dims[1]! / gates });
}

/** Letters that the result has lead out, the others are summed over. */
function einsumFans(node: NodeProto, dims: readonly number[], index: number): Fans {
  const [terms = '', result = ''] = stringAttribute(node, 'equation', '').replaceAll(' ', '').split('->');
  const term = terms.split(',')[index] ?? '';
  const letters = [...term.replace('...', '')].slice(-dims.length);
  const isKept = (axis: number) => result.includes(letters[axis] ?? '');
  const product = (isOut: boolean) => dims.reduce((size, dim, axis) => (isKept(axis) === isOut ? size * dim : size), 1);
  return { in: product(false), out: product(true) };
}

/** A number from N(0, 1) (Box and Muller 1958). */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
