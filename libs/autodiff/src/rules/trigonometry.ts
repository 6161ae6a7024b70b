import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule } from '../rule.js';

export type TrigonometricOp = 'Sin' | 'Cos' | 'Tan' | 'Asin' | 'Acos' | 'Atan';
export type HyperbolicOp = 'Sinh' | 'Cosh' | 'Asinh' | 'Acosh' | 'Atanh';

/** Circular and hyperbolic functions and their inverses. */
export const TRIGONOMETRY_RULES: Record<TrigonometricOp | HyperbolicOp, GradientRule> = {
  Sin: ({ g, x: [x], dY }) => [() => g.mul(dY, g.op('Cos', [x]))],
  Cos: ({ g, x: [x], dY }) => [() => g.neg(g.mul(dY, g.op('Sin', [x])))],
  // dX = dY · (1 + y²)
  Tan: ({ g, y: [y], dY }) => [() => g.mul(dY, g.add(g.square(y), g.scalar(1)))],
  // dX = dY / √(1 - x²)
  Asin: ({ g, x: [x], dY }) => [() => g.div(dY, g.op('Sqrt', [oneMinusSquare(g, x)]))],
  Acos: ({ g, x: [x], dY }) => [() => g.neg(g.div(dY, g.op('Sqrt', [oneMinusSquare(g, x)])))],
  // dX = dY / (1 + x²)
  Atan: ({ g, x: [x], dY }) => [() => g.div(dY, g.add(g.square(x), g.scalar(1)))],
  Sinh: ({ g, x: [x], dY }) => [() => g.mul(dY, g.op('Cosh', [x]))],
  Cosh: ({ g, x: [x], dY }) => [() => g.mul(dY, g.op('Sinh', [x]))],
  // dX = dY / √(x² + 1)
  Asinh: ({ g, x: [x], dY }) => [() => g.div(dY, g.op('Sqrt', [g.add(g.square(x), g.scalar(1))]))],
  // dX = dY / √(x² - 1)
  Acosh: ({ g, x: [x], dY }) => [() => g.div(dY, g.op('Sqrt', [g.sub(g.square(x), g.scalar(1))]))],
  // dX = dY / (1 - x²)
  Atanh: ({ g, x: [x], dY }) => [() => g.div(dY, oneMinusSquare(g, x))],
};

function oneMinusSquare(g: GradientBuilder, x: string): string {
  return g.sub(g.scalar(1), g.square(x));
}
