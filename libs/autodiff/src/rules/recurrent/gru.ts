import { intAttribute, elementOf } from '#onnx';
import type { GradientBuilder } from '../../gradient-builder.js';
import type { GradientRule } from '../../rule.js';
import { fromInput, fromState, gatesOf, outer, sigmoidSlope, tanhSlope, total } from './gates.js';
import { layerGradients, type LayerDirection, type DirectionGradients, type Sizes } from './recurrent-layer.js';
import { scan } from './scan.js';

/**
 * z, r = σ(…), n = tanh(… + …), h = (1 - z) n + z h₋₁. Every state is known from the forward pass, so that only the
 * gradients go step by step, from dh = dY + dh₊₁ with n' = (1 - z)(1 - n²) and z' = (h₋₁ - n) z (1 - z).
 */
export const gruGradients: GradientRule = (context) =>
  layerGradients(context, {
    gates: 3,
    activations: [['Sigmoid', 'Tanh']],
    backward: intAttribute(context.node, 'linear_before_reset', 0) ? resetBehind : resetAhead,
  });

/** What both kinds have in common. */
interface Gates {
  z: string;
  r: string;
  /** Slopes of h by what the candidate and the update gate are made of. */
  toCandidate: string;
  toUpdate: string;
}

function gatesFrom(g: GradientBuilder, direction: LayerDirection, z: string, r: string, candidate: string): Gates {
  const toCandidate = g.mul(g.sub(g.scalar(1), z), tanhSlope(g, candidate));
  const toUpdate = g.mul(g.sub(direction.previous, candidate), sigmoidSlope(g, z));
  return { z, r, toCandidate, toUpdate };
}

/** σ of what reaches one gate from outside and from the state before. */
function gateAt(g: GradientBuilder, outside: readonly string[], inside: readonly string[], at: number): string {
  const reaching = g.add(elementOf(outside, at, 'outside'), elementOf(inside, at, 'inside'));
  return g.op('Sigmoid', [reaching]);
}

/**
 * n = tanh(x Wₙ + r · q), q = h₋₁ Rₙ + b:
 *
 *     v = [dh z', dh n' q r', dh n' r]        dh₋₁ = dh · z + v · R
 */
function resetBehind(g: GradientBuilder, direction: LayerDirection, sizes: Sizes): DirectionGradients {
  const outside = gatesOf(g, fromInput(g, direction), 3);
  const inside = gatesOf(g, fromState(g, direction), 3);
  const [z, r] = [gateAt(g, outside, inside, 0), gateAt(g, outside, inside, 1)];
  const q = elementOf(inside, 2, 'inside');
  const reaching = g.add(elementOf(outside, 2, 'outside'), g.mul(r, q));
  const candidate = g.op('Tanh', [reaching]);
  const { toCandidate, toUpdate } = gatesFrom(g, direction, z, r, candidate);
  const toReset = g.mul(toCandidate, g.mul(q, sigmoidSlope(g, r)));
  const back = scan(g, {
    states: [direction.last.h],
    sequences: [direction.dY, g.concat([toUpdate, toReset, g.mul(toCandidate, r)], -1), z],
    isReverse: !direction.isReverse,
    step(inner, [next = ''], [dY = '', slopes = '', kept = '']) {
      const dh = inner.add(dY, next);
      const v = inner.mul(inner.concat([dh, dh, dh], -1), slopes);
      const earlier = inner.add(inner.mul(dh, kept), inner.matmul(v, direction.r, {}));
      return { states: [earlier], kept: [v, dh] };
    },
  });
  const [v = '', dh = ''] = back.kept;
  const { hidden } = sizes;
  const parts = g.slice(v, [0], [2 * hidden], [2]);
  const incoming = g.concat([parts, g.mul(dh, toCandidate)], -1);
  return {
    ...byInput(g, direction, incoming, sizes),
    r: outer(g, { value: v, width: 3 * hidden }, { value: direction.previous, width: hidden }),
    biases: g.concat([total(g, incoming), total(g, v)], 0),
    h: elementOf(back.states, 0, 'states'),
  };
}

/**
 * n = tanh(x Wₙ + s Rₙ + b), s = r · h₋₁:
 *
 *     dn = dh n'        ds = dn · Rₙ        v = [dh z', ds h₋₁ r']        dh₋₁ = dh · z + ds · r + v · R
 */
function resetAhead(g: GradientBuilder, direction: LayerDirection, sizes: Sizes): DirectionGradients {
  const { hidden } = sizes;
  const rows = (value: string, from: number, to: number) => g.slice(value, [from * hidden], [to * hidden], [0]);
  const [toGates, toCandidateState] = [rows(direction.r, 0, 2), rows(direction.r, 2, 3)];
  const biases = direction.biases;
  const part = (from: number, to: number) => biases && { ...biases, state: rows(biases.state, from, to) };
  const outside = gatesOf(g, fromInput(g, direction), 3);
  const inside = gatesOf(g, fromState(g, { ...direction, r: toGates, biases: part(0, 2) }), 2);
  const [z, r] = [gateAt(g, outside, inside, 0), gateAt(g, outside, inside, 1)];
  const s = g.mul(r, direction.previous);
  const state = fromState(g, { ...direction, previous: s, r: toCandidateState, biases: part(2, 3) });
  const candidate = g.op('Tanh', [g.add(elementOf(outside, 2, 'outside'), state)]);
  const { toCandidate, toUpdate } = gatesFrom(g, direction, z, r, candidate);
  const toReset = g.mul(direction.previous, sigmoidSlope(g, r));
  const back = scan(g, {
    states: [direction.last.h],
    sequences: [direction.dY, toCandidate, g.concat([toUpdate, toReset], -1), z, r],
    isReverse: !direction.isReverse,
    step(inner, [next = ''], [dY = '', candidateSlope = '', slopes = '', kept = '', reset = '']) {
      const dh = inner.add(dY, next);
      const dn = inner.mul(dh, candidateSlope);
      const ds = inner.matmul(dn, toCandidateState, {});
      const v = inner.mul(inner.concat([dh, ds], -1), slopes);
      const held = inner.add(inner.mul(dh, kept), inner.mul(ds, reset));
      const earlier = inner.add(held, inner.matmul(v, toGates, {}));
      return { states: [earlier], kept: [v, dn] };
    },
  });
  const [v = '', dn = ''] = back.kept;
  const incoming = g.concat([v, dn], -1);
  const bias = total(g, incoming);
  const fromOutside = byInput(g, direction, incoming, sizes);
  const byGates = outer(g, { value: v, width: 2 * hidden }, { value: direction.previous, width: hidden });
  const byCandidate = outer(g, { value: dn, width: hidden }, { value: s, width: hidden });
  return {
    ...fromOutside,
    r: g.concat([byGates, byCandidate], 0),
    biases: g.concat([bias, bias], 0),
    h: elementOf(back.states, 0, 'states'),
  };
}

function byInput(g: GradientBuilder, { x, w }: LayerDirection, incoming: string, { inputs, hidden }: Sizes) {
  return {
    x: g.matmul(incoming, w, {}),
    w: outer(g, { value: incoming, width: 3 * hidden }, { value: x, width: inputs }),
  };
}
