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
  const others = inputs.flatMap((letters, i) => (i === index ? [] : [{ letters, value: x[i]! }]));
  const factors = [{ letters: output, value: dY }, ...others];
  const dims = g.dims(x[index]!);
  // A letter that nothing else has was summed over: each of its elements gets the same. One of a single element was
  // spread.
  const kept = [...own].filter(
    (letter, axis) => factors.some(({ letters }) => letters.includes(letter)) && dims[axis] !== 1,
  );
  const equation = `${factors.map(({ letters }) => letters).join(',')}->${kept.join('')}`;
  const product = g.op(
    'Einsum',
    factors.map(({ value }) => value),
    { equation },
  );
  if (kept.length === own.length) return product;
  const shaped = g.reshape(
    product,
    dims.map((dim, axis) => (kept.includes(own[axis]!) ? dim : 1)),
  );
  return g.expand(shaped, dims);
}

const ALPHABET = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];

function equationOf({ node, g, x }: RuleContext): Equation {
  const equation = stringAttribute(node, 'equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  const terms = left.split(',');
  const spare = ALPHABET.filter((letter) => !equation.includes(letter));
  const hidden = terms.map((term, i) => (term.includes('...') ? g.dims(x[i]!).length - term.length + 3 : 0));
  const most = Math.max(...hidden);
  // Axes behind the dots are told by their place from the end.
  const dots = (count: number) => spare.slice(most - count, most).join('');
  const inputs = terms.map((term, i) => term.replace('...', dots(elementOf(hidden, i, 'hidden'))));
  return { inputs, output: right === undefined ? implied(terms, dots(most)) : right.replace('...', dots(most)) };
}

/** Without `->` the output has the letters that stand once, in their order, behind those of the dots. */
function implied(terms: readonly string[], dots: string): string {
  const letters = [...terms.join('').replaceAll('.', '')];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return dots + once.toSorted().join('');
}
