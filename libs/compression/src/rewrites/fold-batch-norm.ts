import {
  DataType,
  floatAttribute,
  floatsToData,
  halfToFloat,
  intAttribute,
  makeNode,
  makeTensor,
  type Graph,
  type NodeProto,
  inputOf,
  outputOf,
} from '#onnx';
import { floatConstant, type FloatConstant } from './widened-constants.js';

/**
 * Folds normalisation with fixed statistics into the convolution before it, where the two have nothing in between:
 *
 *     Conv(X, W, b) -> BatchNormalization(g, B, m, v) -> Y
 *     becomes   Conv(X, W · s, (b − m) · s + B) -> Y,  s = g / √(v + ε)
 *
 * A convolution whose output is read elsewhere too keeps its BatchNormalization, and so does one of half precision whose
 * numbers would leave it; what is stored in half precision stays so. Returns how many were folded.
 */
export function foldBatchNorm(graph: Graph): number {
  return [...graph.nodes].filter((node) => node.opType === 'BatchNormalization' && fold(graph, node)).length;
}

function fold(graph: Graph, norm: NodeProto): boolean {
  const between = inputOf(norm, 0);
  const conv = graph.producer(between);
  if (
    conv?.opType !== 'Conv' ||
    graph.consumers(between).length !== 1 ||
    graph.isOutput(between) ||
    intAttribute(norm, 'training_mode', 0) === 1 ||
    norm.output.slice(1).some((output) => output !== '')
  )
    return false;
  const names = [inputOf(conv, 1), conv.input[2] || null, ...norm.input.slice(1)];
  const constants = names.map((name) => (name === null ? null : floatConstant(graph, name)));
  const [weight, bias, gain, shift, mean, variance] = constants;
  if (!weight || bias === undefined || !gain || !shift || !mean || !variance) return false;
  const folded = foldedValues(weight, bias, [gain, shift, mean, variance], floatAttribute(norm, 'epsilon', 1e-5));
  const storage = storageOf(graph, inputOf(conv, 1));
  if (!storage || (storage.type === DataType.FLOAT16 && !folded.every(fitsHalf))) return false;
  const output = outputOf(norm);
  const store = (name: string, type: DataType, { dims, values }: FloatConstant) =>
    graph.addInitializer(makeTensor(graph.freshName(name), type, dims, floatsToData(type, values))).name;
  const [weights, offset] = folded;
  const stored = store(`${storage.name}_folded`, storage.type, weights);
  graph.setInput(conv, 1, storage.isCast ? castToFloat(graph, stored, conv) : stored);
  graph.setInput(conv, 2, store(`${output}_bias`, storage.isCast ? DataType.FLOAT : storage.type, offset));
  graph.removeNode(norm);
  graph.setOutput(conv, 0, output);
  return true;
}

/** Weight and bias with the normalization in them. */
function foldedValues(
  weight: FloatConstant,
  bias: FloatConstant | null,
  [gain, shift, mean, variance]: readonly [FloatConstant, FloatConstant, FloatConstant, FloatConstant],
  epsilon: number,
): [FloatConstant, FloatConstant] {
  const factors = gain.values.map((value, channel) => value / Math.sqrt(variance.values[channel]! + epsilon));
  const inner = weight.values.length / factors.length;
  const scaled = weight.values.map((value, i) => value * factors[Math.floor(i / inner)]!);
  const centred = (channel: number) => (bias?.values[channel] ?? 0) - mean.values[channel]!;
  const moved = factors.map((factor, channel) => centred(channel) * factor + shift.values[channel]!);
  return [
    { dims: weight.dims, values: scaled },
    { dims: [factors.length], values: moved },
  ];
}

/** A convolution's weight in the file, as it is or behind a Cast to single precision. */
interface Storage {
  name: string;
  type: DataType.FLOAT | DataType.FLOAT16;
  isCast: boolean;
}

/** Null for a convolution that computes in another type. */
function storageOf(graph: Graph, value: string): Storage | null {
  const isCast = graph.initializer(value) === undefined;
  const name = isCast ? inputOf(graph.producerOf(value), 0) : value;
  const type = graph.initializer(name)?.dataType;
  if (type === DataType.FLOAT16 || (type === DataType.FLOAT && !isCast)) return { name, type, isCast };
  return isCast ? { name: value, type: DataType.FLOAT, isCast: false } : null;
}

function fitsHalf({ values }: FloatConstant): boolean {
  const halves = floatsToData(DataType.FLOAT16, values) as Uint16Array;
  return halves.every((half) => Number.isFinite(halfToFloat(half)));
}

function castToFloat(graph: Graph, value: string, before: NodeProto): string {
  const output = graph.freshName(`${value}_float`);
  graph.addNode(makeNode('Cast', [value], [output], { to: DataType.FLOAT }), { before });
  return output;
}
