import { elementCount, intsAttribute } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../errors.js';
import type { GradientRule, RuleContext } from '../rule.js';

export type Col2ImOp = 'Col2Im';

/** Blocks added into an image. */
export const COL2IM_RULES: Record<Col2ImOp, GradientRule> = {
  Col2Im: (context) => [() => blocksOf(context)],
};

/** dX reads the blocks out of dY again, by a convolution whose filters pick one tap each. */
function blocksOf({ node, g, x: [x, , shape], y: [y], dY }: RuleContext): string {
  const block = g.numbers(shape);
  if (!block)
    throw new UnsupportedGradientError(nameOf(node), 'the shape of its blocks is computed; it must be constant');
  const channels = g.dims(y)[1]!;
  const taps = elementCount(block);
  const picks = new Float64Array(channels * taps * taps);
  for (let i = 0; i < channels * taps; i++) picks[i * taps + (i % taps)] = 1;
  const filters = g.tensor(picks, [channels * taps, 1, ...block]);
  const ones = block.map(() => 1);
  const columns = g.op('Conv', [dY, filters], {
    group: channels,
    kernel_shape: block,
    dilations: intsAttribute(node, 'dilations', ones),
    pads: intsAttribute(node, 'pads', Array<number>(2 * block.length).fill(0)),
    strides: intsAttribute(node, 'strides', ones),
  });
  return g.reshape(columns, g.dims(x));
}
