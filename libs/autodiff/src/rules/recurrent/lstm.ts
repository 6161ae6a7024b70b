import { elementOf } from '#onnx';
import type { GradientBuilder } from '../../gradient-builder.js';
import type { GradientRule } from '../../rule.js';
import { fromInput, fromState, gatesOf, outer, sigmoidSlope, tanhSlope, total } from './gates.js';
import {
  layerGradients,
  previous,
  type LayerDirection,
  type DirectionGradients,
  type Sizes,
} from './recurrent-layer.js';
import { scan } from './scan.js';

/**
 * i, o, f = σ(…), g = tanh(…), c = f · c₋₁ + i · g, h = o · tanh c. Every state is known from the forward pass, so that
 * the gates of all steps are computed at once; only the cells, and on the way back their gradients, go step by step:
 *
 *     dh = dY + dh₊₁        dc = dc₊₁ + dh · o (1 - tanh² c)
 *     dz = [dc · g i', dh · tanh(c) o', dc · c₋₁ f', dc · i g']        dh₋₁ = dz · R        dc₋₁ = dc · f
 */
export const lstmGradients: GradientRule = (context) =>
  layerGradients(context, { gates: 4, activations: [['Sigmoid', 'Tanh', 'Tanh']], backward });

function backward(g: GradientBuilder, direction: LayerDirection, sizes: Sizes): DirectionGradients {
  const { x, w, r, initial, isReverse } = direction;
  const reaching = g.add(fromInput(g, direction), fromState(g, direction));
  const [i, o, f, candidate] = activated(g, reaching);
  const cells = cellsOf(g, f, g.mul(i, candidate), initial.c, isReverse);
  const before = previous(g, cells, initial.c, sizes, isReverse);
  const reached = g.op('Tanh', [cells]);
  const slopes = g.concat(
    [
      g.mul(candidate, sigmoidSlope(g, i)),
      g.mul(reached, sigmoidSlope(g, o)),
      g.mul(before, sigmoidSlope(g, f)),
      g.mul(i, tanhSlope(g, candidate)),
    ],
    -1,
  );
  const back = scan(g, {
    states: [direction.last.h, direction.last.c],
    sequences: [direction.dY, g.mul(o, tanhSlope(g, reached)), slopes, f],
    isReverse: !isReverse,
    step(inner, [nextH = '', nextC = ''], [dY = '', toCell = '', slope = '', forget = '']) {
      const dh = inner.add(dY, nextH);
      const dc = inner.add(nextC, inner.mul(dh, toCell));
      const dz = inner.mul(inner.concat([dc, dh, dc, dc], -1), slope);
      const earlier = [inner.matmul(dz, r, {}), inner.mul(dc, forget)];
      return { states: earlier, kept: [dz] };
    },
  });
  const [dz = ''] = back.kept;
  const [h = '', c = ''] = back.states;
  const gates = { value: dz, width: 4 * sizes.hidden };
  const bias = total(g, dz);
  return {
    x: g.matmul(dz, w, {}),
    w: outer(g, gates, { value: x, width: sizes.inputs }),
    r: outer(g, gates, { value: direction.previous, width: sizes.hidden }),
    biases: g.concat([bias, bias], 0),
    h,
    c,
  };
}

/** Gates of every step: in, out, forget, and what is offered to the cell. */
function activated(g: GradientBuilder, sums: string): [string, string, string, string] {
  const [i = '', o = '', f = '', candidate = ''] = gatesOf(g, sums, 4);
  const sigmoid = (value: string) => g.op('Sigmoid', [value]);
  return [sigmoid(i), sigmoid(o), sigmoid(f), g.op('Tanh', [candidate])];
}

/** c = f · c₋₁ + u, step by step. */
function cellsOf(g: GradientBuilder, f: string, u: string, first: string, isReverse: boolean): string {
  const { kept } = scan(g, {
    states: [first],
    sequences: [f, u],
    isReverse,
    step(inner, [before = ''], [forget = '', added = '']) {
      const cell = inner.add(inner.mul(forget, before), added);
      return { states: [cell], kept: [inner.op('Identity', [cell])] };
    },
  });
  return elementOf(kept, 0, 'kept');
}
