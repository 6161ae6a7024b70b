import { floatAttribute, intAttribute, intsAttribute } from '#onnx';
import { positiveAxis, type LinkContext, type ChannelRule, type Rules } from './rule.js';

const UNARY = [
  'Abs',
  'Acos',
  'Acosh',
  'Asin',
  'Asinh',
  'Atan',
  'Atanh',
  'BitwiseNot',
  'Cast',
  'CastLike',
  'Ceil',
  'Celu',
  'Clip',
  'Cos',
  'Cosh',
  'Dropout',
  'Elu',
  'Erf',
  'Exp',
  'Floor',
  'Gelu',
  'HardSigmoid',
  'HardSwish',
  'Identity',
  'IsInf',
  'IsNaN',
  'LeakyRelu',
  'Log',
  'Mish',
  'Neg',
  'Not',
  'Reciprocal',
  'Relu',
  'Round',
  'Selu',
  'Sigmoid',
  'Sign',
  'Sin',
  'Sinh',
  'Softplus',
  'Softsign',
  'Sqrt',
  'Swish',
  'Tan',
  'Tanh',
  'ThresholdedRelu',
  'QuickGelu',
];

const BROADCASTING = [
  'Add',
  'And',
  'BitShift',
  'BitwiseAnd',
  'BitwiseOr',
  'BitwiseXor',
  'Div',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'Max',
  'Mean',
  'Min',
  'Mod',
  'Mul',
  'Or',
  'Pow',
  'PRelu',
  'Sub',
  'Sum',
  'Where',
  'Xor',
];

/** y[i] = f(x[i]): every axis passes through. */
const unary: ChannelRule = {
  link(context) {
    context.linkAll(context.input(0), context.output());
    if (context.output(1)) context.linkAll(context.input(0), context.output(1));
  },
};

/** y[i] = f(a[i], b[i], …) with numpy broadcasting. */
const broadcasting: ChannelRule = {
  link(context) {
    for (const value of context.node.input) context.broadcast(value, context.output());
  },
};

/** An axis that is normalised as a whole stays: without an entry the others would change. */
const softmax: ChannelRule = {
  link(context) {
    const rank = context.dims(context.input(0)).length;
    const isFlattening = context.graph.opset() < 13;
    const axis = positiveAxis(intAttribute(context.node, 'axis', isFlattening ? 1 : -1), rank);
    const normalised = isFlattening ? Array.from({ length: rank - axis }, (_, i) => axis + i) : [axis];
    context.pinAxes(context.input(0), normalised, 'normalises over this axis');
    context.linkAll(context.input(0), context.output());
  },
};

/** Statistics are per channel, so that a channel goes with its own; in training mode new ones are outputs. */
const batchNorm: ChannelRule = {
  link(context) {
    context.linkAll(context.input(0), context.output());
    for (const parameter of [1, 2, 3, 4]) perChannel(context, context.input(parameter), 1);
    for (const statistic of [1, 2, 3, 4]) perChannel(context, context.output(statistic), 1);
  },
};

/** com.microsoft FastGelu: f(x + bias). */
const biasedGelu: ChannelRule = {
  link(context) {
    context.linkAll(context.input(0), context.output());
    if (context.input(1)) context.broadcast(context.input(1), context.output());
  },
};

const instanceNorm: ChannelRule = {
  link(context) {
    context.linkAll(context.input(0), context.output());
    for (const parameter of [1, 2]) perChannel(context, context.input(parameter), 1);
  },
};

/**
 * Normalised axes may shrink: the statistics then run over what is left, as in a network that was built that narrow.
 * Mean and deviation, where they are outputs, share the other axes.
 */
const layerNorm: ChannelRule = {
  link(context) {
    context.linkAll(context.input(0), context.output());
    for (const value of [context.input(1), context.input(2), context.output(1), context.output(2)])
      if (value !== '') context.broadcast(value, context.input(0));
  },
};

/** Every group gives up the same entries, so that groups stay equal. */
const groupNorm: ChannelRule = {
  link(context) {
    context.linkAll(context.input(0), context.output());
    for (const parameter of [1, 2]) perChannel(context, context.input(parameter), 1);
    const channels = context.dims(context.input(0))[1]!;
    const width = channels / intAttribute(context.node, 'num_groups', 1);
    const { coordinates } = context;
    const at = (channel: number) => coordinates.at(context.input(0), 1, channel);
    for (let c = width; c < channels; c++) coordinates.link(at(c % width), at(c));
  },
};

/** Means run over all samples and positions of a channel, unless its `axes` say otherwise. */
const meanVariance: ChannelRule = {
  link(context) {
    context.linkAll(context.input(0), context.output());
    const rank = context.dims(context.input(0)).length;
    const axes = intsAttribute(context.node, 'axes', [0, 2, 3]).map((axis) => positiveAxis(axis, rank));
    context.pinAxes(context.input(0), axes, 'normalises over this axis');
  },
};

const lrn: ChannelRule = {
  link(context) {
    context.linkAll(context.input(0), context.output());
    if (floatAttribute(context.node, 'alpha', 1e-4) !== 0)
      context.pinAxes(context.input(0), [1], 'mixes neighbouring channels');
  },
};

function perChannel(context: LinkContext, value: string, axis: number): void {
  if (context.dims(value).length === 1 && context.dims(value)[0] === context.dims(context.input(0))[axis])
    context.link(value, 0, context.input(0), axis);
}

export const elementwise: Rules = {
  ...Object.fromEntries(UNARY.map((opType) => [opType, unary])),
  ...Object.fromEntries(BROADCASTING.map((opType) => [opType, broadcasting])),
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  BatchNormalization: batchNorm,
  InstanceNormalization: instanceNorm,
  LayerNormalization: layerNorm,
  RMSNormalization: layerNorm,
  SimplifiedLayerNormalization: layerNorm,
  GroupNormalization: groupNorm,
  LRN: lrn,
  FastGelu: biasedGelu,
  BiasGelu: biasedGelu,
  LpNormalization: softmax,
  MeanVarianceNormalization: meanVariance,
};
