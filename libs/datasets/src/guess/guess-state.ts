import type { ValueSummary } from '#contracts';
import type { ManifestInput } from './scene.js';

/** The usual rate of speech. */
const RATE = 16_000;

/**
 * What feeds an input that no file does: a rate, or a state that an output of the same shape follows; null for anything
 * else.
 */
export function guessState(input: ValueSummary, outputs: readonly ValueSummary[]): ManifestInput | null {
  const { dims, type } = input;
  if (dims?.length === 0) return { constant: RATE, type: type as ManifestInput['type'], preprocess: [] };
  const output = outputs.find((one) => one.type === type && followsFrom(input, one));
  if (!dims || !output) return null;
  const free = dims.findIndex((dim) => typeof dim === 'string' || dim <= 0);
  const axis = free < 0 ? dims.indexOf(1) : free;
  const rest = dims.filter((_, at) => at !== axis);
  if (axis < 0 || !rest.every((dim): dim is number => typeof dim === 'number' && dim > 0)) return null;
  const { name } = output;
  const alongAxis = axis === 0 ? {} : { batchAxis: axis };
  return { state: { dims: rest, output: name, initial: 0, type: 'float32' }, ...alongAxis, preprocess: [] };
}

/**
 * `state` and `stateN`, `h` and `hn`, `past` and `present`: names of which one holds the other, or outputs of the very
 * shape.
 */
function followsFrom(input: ValueSummary, output: ValueSummary): boolean {
  const [a, b] = [input.name.toLowerCase(), output.name.toLowerCase()];
  const isNamed = b.startsWith(a.replace(/(_?in|_?prev)$/, '')) || a.replace('past', 'present') === b;
  return isNamed && input.dims?.length === output.dims?.length;
}
