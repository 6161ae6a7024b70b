import { stringsAttribute, elementOf } from '#onnx';
import type { GradientBuilder } from '../../gradient-builder.js';
import type { GradientRule } from '../../rule.js';
import { outer, tanhSlope, total } from './gates.js';
import { layerGradients, type LayerDirection, type DirectionGradients, type Sizes } from './recurrent-layer.js';
import { scan } from './scan.js';

/** h = f(x W + h₋₁ R + b), f tanh or relu: dz = (dY + dh₊₁) · f', which the states tell, dh₋₁ = dz · R. */
export const rnnGradients: GradientRule = (context) => {
  const isRelu = stringsAttribute(context.node, 'activations')[0]?.toLowerCase() === 'relu';
  return layerGradients(context, {
    gates: 1,
    activations: [['Tanh'], ['Relu']],
    backward: (g, direction, sizes) => backward(g, direction, sizes, isRelu),
  });
};

function backward(
  g: GradientBuilder,
  direction: LayerDirection,
  { inputs, hidden }: Sizes,
  isRelu: boolean,
): DirectionGradients {
  const { states, x, w, r } = direction;
  const back = scan(g, {
    states: [direction.last.h],
    sequences: [direction.dY, isRelu ? g.mask(g.op('Greater', [states, g.scalar(0)])) : tanhSlope(g, states)],
    isReverse: !direction.isReverse,
    step(inner, [next = ''], [dY = '', slope = '']) {
      const dz = inner.mul(inner.add(dY, next), slope);
      return { states: [inner.matmul(dz, r, {})], kept: [dz] };
    },
  });
  const sums = { value: elementOf(back.kept, 0, 'kept'), width: hidden };
  const bias = total(g, sums.value);
  return {
    x: g.matmul(sums.value, w, {}),
    w: outer(g, sums, { value: x, width: inputs }),
    r: outer(g, sums, { value: direction.previous, width: hidden }),
    biases: g.concat([bias, bias], 0),
    h: elementOf(back.states, 0, 'states'),
  };
}
