import {
  changed,
  intAttribute,
  makeNode,
  ownName,
  setAttribute,
  stringAttribute,
  type GraphBuilder,
  type NodeProto,
  outputOf,
} from '#onnx';

/**
 * Domain of operators that exist only between a graph and its training form; they are written out in standard
 * operators.
 */
export const TRAINING_DOMAIN = 'coldpress.training';

/** Where a grid ends: values of one number each, or shaped to broadcast. */
export interface GridRange {
  least: string;
  most: string;
  isOne: boolean;
}

/**
 * x on the grid `scale` · {least … most}, kept in floats: `FakeQuantize(x, scale, least, most) -> y, rounded, clipped`.
 * `scale` is shaped to broadcast; the ends are relative to the zero point.
 */
export function fakeQuantize(
  x: string,
  scale: string,
  { least, most, isOne }: GridRange,
  y: string,
  name = '',
): NodeProto {
  const outputs = [y, ownName(`${y}/rounded`), ownName(`${y}/clipped`)];
  const attributes = { [ONE_RANGE]: Number(isOne) };
  return makeNode('FakeQuantize', [x, scale, least, most], outputs, attributes, { name, domain: TRAINING_DOMAIN });
}

/** Whether the ends of a FakeQuantize are one number each, which Clip takes. */
const ONE_RANGE = 'one_range';

/** What {@link appendForward} keeps of y = Gelu(x) for its gradient: x / √2, and Φ(x). */
export function geluParts(y: string): { scaled: string; cdf: string } {
  return { scaled: ownName(`${y}/scaled`), cdf: ownName(`${y}/cdf`) };
}

/** Whether a Gelu is the approximation by tanh, which keeps nothing. */
export function isTanhGelu(node: NodeProto): boolean {
  return stringAttribute(node, 'approximate', 'none') === 'tanh';
}

/** Mean and 1 / σ of a LayerNormalization, which {@link appendForward} makes it give. */
export function layerStatistics({ output: [y, mean, inverse] }: NodeProto): { mean: string; inverse: string } {
  return { mean: mean || ownName(`${y}/mean`), inverse: inverse || ownName(`${y}/inverse`) };
}

/** Every state of a recurrent layer, which {@link appendForward} makes it give. */
export function layerSequence({ output }: NodeProto): string {
  return output[0] || ownName(`${output.find((value) => value !== '')}/sequence`);
}

/** The probabilities of an Attention, which {@link appendForward} makes it give. */
export function attentionProbabilities({ output }: NodeProto): string {
  return output[3] || ownName(`${output[0]}/probabilities`);
}

/** `qk_matmul_output_mode` of an Attention whose fourth output is what its values are weighed by. */
const PROBABILITIES = 3;

/** Whether the fourth output of an Attention is its probabilities, or may be made so. */
export function givesProbabilities(node: NodeProto): boolean {
  return !node.output[3] || intAttribute(node, 'qk_matmul_output_mode', 0) === PROBABILITIES;
}

const RECURRENT: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'RNN']);

/**
 * Writes a forward node into a training graph: operators of {@link TRAINING_DOMAIN} as the standard operators they
 * stand for, and in parts those whose parts the gradient would have to compute again.
 */
export function appendForward(builder: GraphBuilder, node: NodeProto): void {
  if (node.domain === TRAINING_DOMAIN) appendFakeQuantize(builder, node);
  else if (node.domain === '' && node.opType === 'Gelu' && !isTanhGelu(node)) appendGelu(builder, node);
  else if (node.domain === '' && node.opType === 'LayerNormalization') builder.append(withStatistics(node));
  else if (node.domain === '' && node.opType === 'Attention' && givesProbabilities(node))
    builder.append(withProbabilities(node));
  else if (node.domain === '' && RECURRENT.has(node.opType))
    builder.append(changed(node, { output: [layerSequence(node), ...node.output.slice(1)] }));
  else builder.append(node);
}

function appendFakeQuantize(builder: GraphBuilder, node: NodeProto): void {
  const [x, scale, low, high] = node.input as [string, string, string, string];
  const [y, rounded, clipped] = node.output as [string, string, string];
  // Spelled out, so that the runtime does not take it for a quantized graph and fuse what gradients need.
  const steps = builder.op('Div', [x, scale]);
  builder.op('Round', [steps], {}, { outputs: [rounded] });
  if (intAttribute(node, ONE_RANGE, 1)) builder.op('Clip', [rounded, low, high], {}, { outputs: [clipped] });
  else builder.op('Max', [builder.op('Min', [rounded, high]), low], {}, { outputs: [clipped] });
  builder.op('Mul', [clipped, scale], {}, { outputs: [y] });
}

/**
 * y = x · Φ(x), Φ(x) = (1 + erf(x / √2)) / 2; the HardSigmoid never reaches its limits and is the sum and the half in
 * one pass.
 */
function appendGelu(builder: GraphBuilder, node: NodeProto): void {
  const [[x], [y]] = [node.input as [string], node.output as [string]];
  const { scaled, cdf } = geluParts(y);
  builder.op('Mul', [x, builder.float(Math.SQRT1_2)], {}, { outputs: [scaled] });
  const error = builder.op('Erf', [scaled]);
  builder.op('HardSigmoid', [error], { alpha: 0.5, beta: 0.5 }, { outputs: [cdf] });
  builder.op('Mul', [x, cdf], {}, { outputs: [y] });
}

function withProbabilities(node: NodeProto): NodeProto {
  const [y, key = '', value = ''] = node.output;
  const output = [y!, key, value, attentionProbabilities(node)];
  const given = changed(node, { attribute: [...node.attribute], output });
  setAttribute(given, 'qk_matmul_output_mode', PROBABILITIES);
  return given;
}

function withStatistics(node: NodeProto): NodeProto {
  const { mean, inverse } = layerStatistics(node);
  return changed(node, { output: [outputOf(node), mean, inverse] });
}
