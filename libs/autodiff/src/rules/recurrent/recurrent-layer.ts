import { floatAttribute, intAttribute, stringAttribute, stringsAttribute, elementOf } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../../errors.js';
import type { GradientBuilder } from '../../gradient-builder.js';
import type { Gradient, RuleContext } from '../../rule.js';
import { layerSequence } from '../../training-ops.js';

/** One direction of a layer: T steps of B samples, G gates of H units each, I numbers a step. */
export interface LayerDirection {
  /** [T, B, I], [G H, I], [G H, H]. */
  x: string;
  w: string;
  r: string;
  /** Biases [G H] of what comes in and of the state; null without. */
  biases: { input: string; state: string } | null;
  /** The state after and before every step, [T, B, H]. */
  states: string;
  previous: string;
  /** States before the first step, [B, H]. */
  initial: { h: string; c: string };
  /** Gradients by every state [T, B, H], and by the last one and the last cell [B, H]. */
  dY: string;
  last: { h: string; c: string };
  /** Whether time runs from the last step to the first. */
  isReverse: boolean;
}

/** Gradients of one direction; `biases` is [2 G H]. */
export interface DirectionGradients {
  x: string;
  w: string;
  r: string;
  biases: string;
  h: string;
  /** By the first cell, of an LSTM. */
  c?: string;
}

/** Sizes of a layer. */
export interface Sizes {
  steps: number;
  batch: number;
  inputs: number;
  hidden: number;
  gates: number;
}

/** What tells one kind of layer from another. */
export interface RecurrentCell {
  gates: number;
  /** Activations whose gradients are known, the default first; one list each. */
  activations: readonly (readonly string[])[];
  backward(g: GradientBuilder, direction: LayerDirection, sizes: Sizes): DirectionGradients;
}

/** The gradients of a whole layer: each direction by itself, then put together as the inputs are. */
export function layerGradients(context: RuleContext, cell: RecurrentCell): readonly (Gradient | null)[] {
  const { g, x } = context;
  const sizes = checked(context, cell);
  let known: DirectionGradients[] | undefined;
  const backward = (direction: LayerDirection) => cell.backward(g, direction, sizes);
  const directions = () => (known ??= directionsOf(context, sizes).map(backward));
  const joined = (pick: (gradients: DirectionGradients) => string, value: string) => () => {
    const parts = directions().map(pick);
    return g.reshape(g.concat(parts, 0), g.dims(value));
  };
  return [
    () =>
      directions()
        .map((gradients) => gradients.x)
        .reduce((sum, part) => g.add(sum, part)),
    joined(({ w }) => w, x[1]),
    joined(({ r }) => r, x[2]),
    joined(({ biases }) => biases, x[3]),
    null,
    joined(({ h }) => h, x[5]),
    joined(({ c = '' }) => c, context.node.input[6] ?? ''),
  ];
}

/** Refuses what the rules do not know, with words. */
function checked({ node, g, x }: RuleContext, { gates, activations }: RecurrentCell): Sizes {
  const refuse = (problem: string) => {
    throw new UnsupportedGradientError(nameOf(node), problem);
  };
  const [steps, batch, inputs] = g.dims(x[0]) as [number, number, number];
  const given = stringsAttribute(node, 'activations');
  const isKnown = activations.some((names) =>
    given.every((name, i) => {
      const known = elementOf(names, i % names.length, 'names');
      return name.toLowerCase() === known.toLowerCase();
    }),
  );
  if (!isKnown)
    refuse(
      `activations ${given.join(', ')} have no gradient rule, ` +
        `${elementOf(activations, 0, 'activations').join(', ')} have`,
    );
  if (x[4] !== '' && !g.numbers(x[4])?.every((length) => length === steps))
    refuse('lengths of sequences have no gradient rule: export it without sequence_lens, for sequences of one length');
  if (node.input[7]) refuse('peepholes have no gradient rule');
  if (intAttribute(node, 'layout', 0) !== 0) refuse('layout 1 has no gradient rule: export it with the steps first');
  if (intAttribute(node, 'input_forget', 0) !== 0) refuse('coupled gates (input_forget) have no gradient rule');
  if (floatAttribute(node, 'clip', 0) !== 0) refuse('clipped gates (clip) have no gradient rule');
  return { steps, batch, inputs, hidden: g.dims(x[2])[2]!, gates };
}

function directionsOf(context: RuleContext, sizes: Sizes): LayerDirection[] {
  const { node, g, x, dYs } = context;
  const { steps, batch, inputs, hidden, gates } = sizes;
  const direction = stringAttribute(node, 'direction', 'forward');
  const count = direction === 'bidirectional' ? 2 : 1;
  const zeros = (dims: readonly number[]) => g.expand(g.scalar(0), dims);
  const part = (value: string | null | undefined, at: number, axis: number, dims: readonly number[]) => {
    if (!value) return zeros(dims);
    const own = count === 1 ? value : g.slice(value, [at], [at + 1], [axis]);
    return g.reshape(own, dims);
  };
  return Array.from({ length: count }, (_, at): LayerDirection => {
    const isReverse = at === 1 || direction === 'reverse';
    const states = part(layerSequence(node), at, 1, [steps, batch, hidden]);
    const h = part(x[5], at, 0, [batch, hidden]);
    const bias = (from: number) => {
      const both = part(x[3], at, 0, [2 * gates * hidden]);
      return g.slice(both, [from * gates * hidden], [(from + 1) * gates * hidden], [0]);
    };
    return {
      x: x[0],
      w: part(x[1], at, 0, [gates * hidden, inputs]),
      r: part(x[2], at, 0, [gates * hidden, hidden]),
      biases: x[3] === '' ? null : { input: bias(0), state: bias(1) },
      states,
      previous: previous(g, states, h, sizes, isReverse),
      initial: { h, c: part(node.input[6], at, 0, [batch, hidden]) },
      dY: part(dYs[0], at, 1, [steps, batch, hidden]),
      last: { h: part(dYs[1], at, 0, [batch, hidden]), c: part(dYs[2], at, 0, [batch, hidden]) },
      isReverse,
    };
  });
}

/** A sequence [T, B, H] one step later, the first value in front; time may run backwards. */
export function previous(
  g: GradientBuilder,
  sequence: string,
  first: string,
  { steps, batch, hidden }: Pick<Sizes, 'steps' | 'batch' | 'hidden'>,
  isReverse: boolean,
): string {
  const begin = g.reshape(first, [1, batch, hidden]);
  if (steps === 1) return begin;
  const [from, to] = isReverse ? [1, steps] : [0, steps - 1];
  const rest = g.slice(sequence, [from], [to], [0]);
  return g.concat(isReverse ? [rest, begin] : [begin, rest], 0);
}
