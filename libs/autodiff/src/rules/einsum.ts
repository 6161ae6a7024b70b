import { stringAttribute, elementOf } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../errors.js';
import type { GradientRule, RuleContext } from '../rule.js';

export type EinsumOp = 'Einsum';

/** Sums of products by letters. */
export const EINSUM_RULES: Record<EinsumOp, GradientRule> = {
  // The same sum with dY in the place of the input, and the input's letters as the result's.
  Einsum: (context) => context.node.input.map((_, index) => () => gradientBy(context, index)),
};

/** The letters of each input and of the output, `...` spelled out. */
interface Equation {
  inputs: string[];
  output: string;
}

function gradientBy(context: RuleContext, index: number): string {
  const { node, g, x, dY } = context;
  const { inputs, output } = equationOf(context);
  const own = elementOf(inputs, index, 'inputs');
  if (new Set(own).size < own.length)
    throw new UnsupportedGradientError(nameOf(node), `"${own}" reads a diagonal, which has no gradient rule`);
  const given = inputs.map((letters, i) => ({ letters, value: elementOf(x, i, 'inputs') }));
  const factors = [{ letters: output, value: dY }, ...given.toSpliced(index, 1)];
  const dims = g.dims(x[index]!);
  // A letter that nothing else has was summed over: each of its elements gets the same. One of a single element was
  // spread.
  const isElsewhere = (letter: string) => factors.some(({ letters }) => letters.includes(letter));
  const kept = [...own].filter((letter, axis) => isElsewhere(letter) && dims[axis] !== 1);
  const equation = `${factors.map(({ letters }) => letters).join(',')}->${kept.join('')}`;
  const product = g.op(
    'Einsum',
    factors.map(({ value }) => value),
    { equation },
  );
  if (kept.length === own.length) return product;
  const keptDims = dims.map((dim, axis) => (kept.includes(own[axis]!) ? dim : 1));
  const shaped = g.reshape(product, keptDims);
  return g.expand(shaped, dims);
}

const ALPHABET = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];

function equationOf({ node, g, x }: RuleContext): Equation {
  const equation = stringAttribute(node, 'equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  const terms = left.split(',');
  const spare = ALPHABET.filter((letter) => !equation.includes(letter));
  const behindDots = (term: string, i: number) => g.dims(elementOf(x, i, 'inputs')).length - term.length + 3;
  const hidden = terms.map((term, i) => (term.includes('...') ? behindDots(term, i) : 0));
  const most = Math.max(...hidden);
  // Axes behind the dots are told by their place from the end.
  const dots = (count: number) => spare.slice(most - count, most).join('');
  const spelled = (term: string, count: number) => term.replace('...', dots(count));
  const inputs = terms.map((term, i) => spelled(term, elementOf(hidden, i, 'hidden')));
  return { inputs, output: right === undefined ? implied(terms, dots(most)) : spelled(right, most) };
}

/** Without `->` the output has the letters that stand once, in their order, behind those of the dots. */
function implied(terms: readonly string[], dots: string): string {
  const letters = [...terms.join('').replaceAll('.', '')];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return dots + once.toSorted().join('');
}
