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

export const quantization: Rules = {
  QuantizeLinear: affine,
  DequantizeLinear: affine,
  DynamicQuantizeLinear: dynamicQuantize,
};
