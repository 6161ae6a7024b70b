import { intAttribute, setAttribute } from '#onnx';
import type { ChannelRule, LinkContext, Rules } from './rule.js';

/** Inputs of recurrent layers by their places; those that a layer does not have are left out. */
const [X, W, R, B, LENGTHS, INITIAL_H, INITIAL_C, PEEPHOLES] = [0, 1, 2, 3, 4, 5, 6, 7];
/** Peepholes of an LSTM: input, output and forget gate. */
const PEEPHOLE_GATES = 3;

/**
 * LSTM, GRU and RNN. A hidden unit goes in both directions at once, for their results lie along one axis; its rows lie
 * apart in the weights, one for each gate:
 *
 *     unit h of H      W[d, g·H + h, :], R[d, g·H + h, :], R[d, :, h], B[d, g·H + h], B[d, (G + g)·H + h], P[d, p·H + h]
 *                      initial_h[…, h], initial_c[…, h], Y[…, h], Y_h[…, h], Y_c[…, h]
 *     input i          X[…, i], W[d, :, i]
 *
 * Steps and directions stay. `linear_before_reset` and activations concern no size; `hidden_size` shrinks.
 */
function recurrent(gates: number): ChannelRule {
  return {
    link(context) {
      const { node } = context;
      const hidden = context.dims(context.input(R))[2] ?? 0;
      if (hidden === 0 || context.dims(context.input(W))[1] !== gates * hidden)
        return context.pinNode('has weights of other sizes than its hidden state');
      context.link(context.input(X), 2, context.input(W), 2);
      linkRows(context, context.input(W), gates, hidden);
      linkRows(context, context.input(R), gates, hidden);
      linkRows(context, context.input(B), 2 * gates, hidden);
      linkRows(context, context.input(PEEPHOLES), PEEPHOLE_GATES, hidden);
      for (const state of statesOf(context)) linkUnits(context, state);
      keepStepsAndDirections(context);
      context.roles.weight(node, context.input(W), 1, gates);
      context.roles.weight(node, context.input(R), 1, gates);
    },
    mend(context) {
      if (context.isChanged(context.input(R), 2))
        setAttribute(context.node, 'hidden_size', context.kept(context.input(R), 2).length);
    },
  };
}

/** Row g·H + h of each direction belongs to unit h, whose recurrent column stands for it. */
function linkRows(context: LinkContext, value: string, gates: number, hidden: number): void {
  if (context.dims(value).length === 0) return;
  const { coordinates: at } = context;
  for (let row = 0; row < gates * hidden; row++)
    at.link(at.at(value, 1, row), at.at(context.input(R), 2, row % hidden));
}

/** First and last states and what comes out of each step: units lie along the last axis. */
function statesOf(context: LinkContext): string[] {
  const values = [INITIAL_H, INITIAL_C].map((index) => context.input(index ?? 0));
  return [...values, ...context.node.output].filter((value) => context.dims(value).length > 0);
}

function linkUnits(context: LinkContext, value: string): void {
  context.link(value, context.dims(value).length - 1, context.input(R), 2);
}

/** Layout 0 is [steps, batch, …] and [steps, directions, batch, …], layout 1 has the batch first. */
function keepStepsAndDirections(context: LinkContext): void {
  const isBatchFirst = intAttribute(context.node, 'layout', 0) === 1;
  const [x, y] = [context.input(X), context.output()];
  const [steps, batch] = isBatchFirst ? [1, 0] : [0, 1];
  context.pinAxes(x, [steps], 'steps along this axis');
  for (const index of [W, R, B, PEEPHOLES]) {
    const value = context.input(index ?? 0);
    if (context.dims(value).length > 0) context.pinAxes(value, [0], 'has these directions');
  }
  for (const state of statesOf(context)) {
    const isSequence = state === y;
    const batchAxis = isBatchFirst ? 0 : isSequence ? 2 : 1;
    const directions = isBatchFirst ? (isSequence ? 2 : 1) : isSequence ? 1 : 0;
    context.pinAxes(state, [directions], 'has these directions');
    if (isSequence) context.pinAxes(state, [steps], 'steps along this axis');
    if (context.dims(state)[batchAxis] === context.dims(x)[batch]) context.link(state, batchAxis, x, batch);
  }
  const lengths = context.input(LENGTHS);
  if (context.dims(lengths).length === 1) context.link(lengths, 0, x, batch);
}

export const recurrentLayers: Rules = { LSTM: recurrent(4), GRU: recurrent(3), RNN: recurrent(1) };
