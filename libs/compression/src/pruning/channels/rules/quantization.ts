import { intAttribute } from '#onnx';
import { positiveAxis, type LinkContext, type ChannelRule, type Rules } from './rule.js';

/**
 * The integers and the floats share every axis; per-channel scales and zero points share the channel axis, blocks keep
 * theirs whole.
 */
const affine: ChannelRule = {
  link(context) {
    const x = context.input(0);
    context.linkAll(x, context.output());
    for (const parameter of [context.input(1), context.input(2)]) linkGrid(context, x, parameter);
  },
};

function linkGrid(context: LinkContext, x: string, parameter: string): void {
  const axis = positiveAxis(intAttribute(context.node, 'axis', 1), context.dims(x).length);
  const dims = context.dims(parameter);
  if (dims.length === 1 && dims[0] === context.dims(x)[axis]) return context.link(parameter, 0, x, axis);
  if (dims.length < 2) return;
  dims.forEach((length, at) => {
    if (at !== axis && length === context.dims(x)[at]) context.link(parameter, at, x, at);
    else context.pinAxes(x, [at], 'has one scale per block of this axis');
  });
}

const dynamicQuantize: ChannelRule = { link: (context) => context.linkAll(context.input(0), context.output()) };

/** Tensors of integers that broadcast, each followed by its scale and zero point: the runtime's Add and Mul. */
const integerPair: ChannelRule = {
  link(context) {
    for (const index of [0, 3]) context.broadcast(context.input(index), context.output());
  },
};

/** A pooling of integers over the spatial axes, of images with channels first. */
const integerPooling: ChannelRule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    if (intAttribute(context.node, 'channels_last', 0) === 1) return context.pinNode('has its channels last');
    context.link(x, 0, y, 0);
    context.link(x, 1, y, 1);
    for (const value of [x, y]) {
      const spatial = [...context.dims(value).keys()].slice(2);
      context.pinAxes(value, spatial, 'pools this axis');
    }
  },
};

/** The runtime's Concat of integers: scale and zero point of the output, then those of each input behind it. */
const integerConcat: ChannelRule = {
  link(context) {
    const y = context.output();
    const axis = positiveAxis(intAttribute(context.node, 'axis', 0), context.dims(y).length);
    let offsetB = 0;
    for (let index = 2; index < context.node.input.length; index += 3) {
      const x = context.input(index);
      context.dims(x).forEach((count, at) => {
        if (at !== axis) context.link(x, at, y, at);
        else context.coordinates.linkAxes(x, axis, y, axis, { offsetB, count });
      });
      offsetB += context.dims(x)[axis] ?? 0;
    }
  },
};

/** Y[m, n] = A[m, k] · B[k, n] + C[n] of integers. */
const integerGemm: ChannelRule = {
  link(context) {
    const [a, b, c, y] = [context.input(0), context.input(3), context.input(6), context.output()];
    const [transA, transB] = [intAttribute(context.node, 'transA', 0), intAttribute(context.node, 'transB', 0)];
    context.link(a, transA ? 0 : 1, b, transB ? 1 : 0);
    context.link(a, transA ? 1 : 0, y, 0);
    context.link(b, transB ? 0 : 1, y, 1);
    for (const parameter of [context.input(4), context.input(5), c])
      if (context.dims(parameter).length > 0) context.broadcast(parameter, y);
    context.roles.weight(context.node, b, transB ? 0 : 1);
  },
};

export const quantization: Rules = {
  QuantizeLinear: affine,
  DequantizeLinear: affine,
  DynamicQuantizeLinear: dynamicQuantize,
  QLinearAdd: integerPair,
  QLinearMul: integerPair,
  QLinearSigmoid: dynamicQuantize,
  QLinearLeakyRelu: dynamicQuantize,
  QLinearAveragePool: integerPooling,
  QLinearGlobalAveragePool: integerPooling,
  QLinearConcat: integerConcat,
  QGemm: integerGemm,
};
