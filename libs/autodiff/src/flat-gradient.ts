import { type NodeProto, known, inputOf } from '#onnx';
import { TrainingStepError } from './errors.js';
import type { GradientBuilder } from './gradient-builder.js';
import type { ParameterLayout } from './parameters.js';

/** Operators that give the same elements in the same order. */
const RESHAPING: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

/**
 * The gradients as one vector in the layout's order. The runtime visits the inputs of a node from the one that was
 * written last: here that is the gradient that can be computed first, so that each weight's gradient is computed while
 * what it reads is still in the cache, and its memory is free for the next layer's. Throws TrainingStepError when a
 * parameter has no gradient.
 */
export function flatGradient(
  g: GradientBuilder,
  layout: ParameterLayout,
  gradients: ReadonlyMap<string, string>,
): string {
  const written = (node: NodeProto, at: number) => node.output.map((value): [string, Written] => [value, { node, at }]);
  const producers = new Map(g.graph.nodes.flatMap(written));
  const parts = layout.slots.map(({ name, size }) => {
    const gradient = gradients.get(name);
    if (gradient === undefined)
      throw new TrainingStepError(`the loss does not depend on parameter "${name}": leave it out`);
    return { ...source(gradient, producers), name, size };
  });
  const lastFirst = parts.toSorted((a, b) => b.at - a.at);
  const flat = new Map(lastFirst.map(({ value, name, size }) => [name, g.reshape(value, [size])]));
  return g.concat(
    layout.slots.map(({ name }) => known(flat, name, 'flat')),
    0,
  );
}

interface Written {
  node: NodeProto;
  at: number;
}

/**
 * The value before it was reshaped, and where it was written: the runtime would join two reshapings into one that is
 * written last.
 */
function source(value: string, producers: ReadonlyMap<string, Written>): { value: string; at: number } {
  const written = producers.get(value);
  if (!written) return { value, at: -1 };
  const { node, at } = written;
  return RESHAPING.has(node.opType) ? source(inputOf(node, 0), producers) : { value, at };
}
