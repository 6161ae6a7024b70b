import { floatAttribute } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../errors.js';
import type { GradientBuilder } from '../gradient-builder.js';
import type { Gradient, GradientRule, RuleContext } from '../rule.js';
import { geluParts, isTanhGelu } from '../training-ops.js';

export type BroadcastingOp =
  | 'Add'
  | 'Sub'
  | 'Mul'
  | 'Div'
  | 'Pow'
  | 'Min'
  | 'Max'
  | 'Sum'
  | 'Mean'
  | 'Where'
  | 'Expand'
  | 'PRelu'
  | 'Mod';

/**
 * Operators whose inputs broadcast: rules return gradients of the output's shape, the walker sums them to each input's.
 */
export const BROADCASTING_RULES: Record<BroadcastingOp, GradientRule> = {
  Add: ({ dY }) => [() => dY, () => dY],
  Sub: ({ g, dY }) => [() => dY, () => g.neg(dY)],
  Mul: ({ g, x: [a, b], dY }) => [() => g.mul(dY, b), () => g.mul(dY, a)],
  // dB = -dY · y / b
  Div: ({ g, x: [, b], y: [y], dY }) => [
    () => whereRead(g, dY, g.div(dY, b), b),
    () => whereRead(g, dY, g.neg(g.div(g.mul(dY, y), b)), b),
  ],
  // dA = dY · b · a^(b-1), dB = dY · y · ln a, which is zero for the base zero
  Pow: ({ g, x: [a, b], y: [y], dY }) => [
    () => powerGradient(g, a, b, dY),
    () => {
      const isZero = g.op('Equal', [a, g.scalar(0)]);
      return g.mul(dY, g.mul(y, g.op('Log', [g.where(isZero, g.scalar(1), a)])));
    },
  ],
  Min: (context) => extremum(context),
  Max: (context) => extremum(context),
  Sum: ({ node, dY }) => node.input.map(() => () => dY),
  Mean: ({ node, g, dY }) => node.input.map(() => () => g.scale(dY, 1 / node.input.length)),
  Where: ({ g, x: [condition], dY }) => [
    null,
    () => g.where(condition, dY, g.scalar(0)),
    () => g.where(condition, g.scalar(0), dY),
  ],
  Expand: ({ dY }) => [() => dY],
  // y = a - n b for a whole number n: dB = -n dY
  Mod: ({ g, x: [a, b], y: [y], dY }) => [() => dY, () => g.mul(dY, g.op('Round', [g.div(g.sub(y, a), b)]))],
  PRelu: ({ g, x: [x, slope], dY }) => [
    () => g.where(positive(g, x), dY, g.mul(dY, slope)),
    () => g.mul(dY, g.op('Min', [x, g.scalar(0)])),
  ],
};

export type UnaryOp =
  | 'Relu'
  | 'Clip'
  | 'LeakyRelu'
  | 'Elu'
  | 'Selu'
  | 'Celu'
  | 'ThresholdedRelu'
  | 'Sigmoid'
  | 'HardSigmoid'
  | 'HardSwish'
  | 'Tanh'
  | 'Erf'
  | 'Gelu'
  | 'Softplus'
  | 'Softsign'
  | 'Mish'
  | 'Swish'
  | 'Shrink'
  | 'Neg'
  | 'Abs'
  | 'Sqrt'
  | 'Exp'
  | 'Log'
  | 'Reciprocal'
  | 'Identity'
  | 'Cast'
  | 'Dropout';

/** Operators that map each element by itself. */
export const UNARY_RULES: Record<UnaryOp, GradientRule> = {
  Relu: ({ g, y: [y], dY }) => [() => g.mul(dY, g.mask(g.op('Greater', [y, g.scalar(0)])))],
  // Where the output equals the input nothing was clipped; the bounds count as inside.
  Clip: ({ g, x: [x], y: [y], dY }) => [() => g.mul(dY, g.mask(g.op('Equal', [x, y])))],
  LeakyRelu: ({ node, g, x: [x], dY }) => [
    () => g.where(positive(g, x), dY, g.scale(dY, floatAttribute(node, 'alpha', 0.01))),
  ],
  // dX = dY where x > 0, dY · (y + alpha) elsewhere
  Elu: ({ node, g, x: [x], y: [y], dY }) => [
    () => g.where(positive(g, x), dY, g.mul(dY, g.add(y, g.scalar(floatAttribute(node, 'alpha', 1))))),
  ],
  // dX = gamma · dY where x > 0, dY · (y + alpha · gamma) elsewhere
  Selu: ({ node, g, x: [x], y: [y], dY }) => {
    const gamma = floatAttribute(node, 'gamma', 1.0507009873554805);
    const alpha = floatAttribute(node, 'alpha', 1.6732632423543772);
    const below = () => g.mul(dY, g.add(y, g.scalar(alpha * gamma)));
    return [() => g.where(positive(g, x), g.scale(dY, gamma), below())];
  },
  // dX = dY where x > 0, dY · (y / alpha + 1) elsewhere
  Celu: ({ node, g, x: [x], y: [y], dY }) => [
    () => {
      const alpha = floatAttribute(node, 'alpha', 1);
      const slope = g.add(g.scale(y, 1 / alpha), g.scalar(1));
      return g.where(positive(g, x), dY, g.mul(dY, slope));
    },
  ],
  ThresholdedRelu: ({ node, g, x: [x], dY }) => [
    () => g.mul(dY, g.mask(g.op('Greater', [x, g.scalar(floatAttribute(node, 'alpha', 1))]))),
  ],
  Sigmoid: ({ g, y: [y], dY }) => [() => g.mul(dY, sigmoidSlope(g, y))],
  HardSigmoid: ({ node, g, y: [y], dY }) => [
    () => g.mul(dY, g.scale(hardSigmoidMask(g, y), floatAttribute(node, 'alpha', 0.2))),
  ],
  // y = x · h(x), h = clip(x/6 + 1/2, 0, 1): dX = dY · (h + x/6 · [0 < h < 1])
  HardSwish: ({ g, x: [x], dY }) => [
    () => {
      const h = g.op('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 });
      const ramp = g.mul(g.scale(x, 1 / 6), hardSigmoidMask(g, h));
      return g.mul(dY, g.add(h, ramp));
    },
  ],
  Tanh: ({ g, y: [y], dY }) => [() => g.mul(dY, g.sub(g.scalar(1), g.square(y)))],
  // dX = dY · 2/√π / exp(x²)
  Erf: ({ g, x: [x], dY }) => [() => g.div(g.scale(dY, 2 / Math.sqrt(Math.PI)), g.op('Exp', [g.square(x)]))],
  Gelu: (context) => [() => gelu(context)],
  Softplus: ({ g, x: [x], dY }) => [() => g.mul(dY, g.op('Sigmoid', [x]))],
  Softsign: ({ g, x: [x], dY }) => [() => g.div(dY, g.square(g.add(g.op('Abs', [x]), g.scalar(1))))],
  // y = x · t, t = tanh(softplus x): dX = dY · (t + x · (1 - t²) · sigmoid x)
  Mish: ({ g, x: [x], dY }) => [
    () => {
      const t = g.op('Tanh', [g.op('Softplus', [x])]);
      const tanhSlope = g.sub(g.scalar(1), g.square(t));
      const throughTanh = g.mul(g.mul(x, tanhSlope), g.op('Sigmoid', [x]));
      return g.mul(dY, g.add(t, throughTanh));
    },
  ],
  // y = x · σ(αx): dX = dY · (σ + α · y · (1 - σ))
  Swish: ({ node, g, x: [x], y: [y], dY }) => [
    () => {
      const alpha = floatAttribute(node, 'alpha', 1);
      const sigmoid = g.op('Sigmoid', [g.scale(x, alpha)]);
      const steeper = g.scale(g.mul(y, g.sub(g.scalar(1), sigmoid)), alpha);
      return g.mul(dY, g.add(sigmoid, steeper));
    },
  ],
  // What lies within the threshold is zero, the rest is moved.
  Shrink: ({ node, g, x: [x], dY }) => [
    () => {
      const limit = g.scalar(floatAttribute(node, 'lambd', 0.5));
      return g.mul(dY, g.mask(g.op('Greater', [g.op('Abs', [x]), limit])));
    },
  ],
  Neg: ({ g, dY }) => [() => g.neg(dY)],
  Abs: ({ g, x: [x], dY }) => [() => g.mul(dY, g.op('Sign', [x]))],
  // Zero at zero, as the slope of a norm at the origin is: Sqrt is where distances end, and their points coincide.
  Sqrt: ({ g, y: [y], dY }) => [() => g.where(positive(g, y), g.div(g.scale(dY, 0.5), y), g.scalar(0))],
  Exp: ({ g, y: [y], dY }) => [() => g.mul(dY, y)],
  Log: ({ g, x: [x], dY }) => [() => whereRead(g, dY, g.div(dY, x))],
  Reciprocal: ({ g, y: [y], dY }) => [() => whereRead(g, dY, g.neg(g.mul(dY, g.square(y))))],
  Identity: ({ dY }) => [() => dY],
  // Casts to integers never get here: they end every path (see hasZeroGradient).
  Cast: ({ g, dY }) => [() => g.op('Cast', [dY], { to: g.elemType })],
  // In inference mode a Dropout is an Identity; in training the mask says what was kept, the rest was scaled by 1 / (1
  // - ratio).
  Dropout: ({ node, g, x: [, ratio, training], y: [, mask], dY }) => [
    () => {
      if (training === '' || g.numbers(training)?.[0] === 0) return dY;
      if (mask === '') throw new UnsupportedGradientError(nameOf(node), 'in training mode its mask must be an output');
      const kept = g.mask(mask);
      const share = g.sub(g.scalar(1), ratio === '' ? g.scalar(0.5) : ratio);
      return g.mul(dY, g.div(kept, share));
    },
  ],
};

/**
 * dY · b · a^(b-1), zero for the base zero where the slope is infinite (b < 1), as that of Sqrt is; an exponent may
 * have any type of number.
 */
function powerGradient(g: GradientBuilder, a: string, b: string, dY: string): string {
  const constant = g.constant(b);
  if (constant && constant.dims.every((dim) => dim === 1n) && g.numbers(b)![0] === 2) return g.mul(dY, g.scale(a, 2));
  const isFloat = !constant || constant.dataType === g.elemType;
  const exponent = isFloat ? b : g.op('Cast', [b], { to: g.elemType });
  const lowered = g.op('Pow', [a, g.sub(exponent, g.scalar(1))]);
  const gradient = g.mul(dY, g.mul(exponent, lowered));
  if (constant && g.numbers(b)!.every((power) => power >= 1)) return gradient;
  const isZero = g.op('Equal', [a, g.scalar(0)]);
  const isRoot = g.op('Less', [exponent, g.scalar(1)]);
  const steep = g.op('And', [isZero, isRoot]);
  return g.where(steep, g.scalar(0), whereRead(g, dY, gradient));
}

/**
 * A gradient that is zero wherever dY is: where nothing reads a value, behind a Where say, its slope may be infinite,
 * and 0 · ∞ is no number. `divisor` needs no care when it is a constant without zeros.
 */
function whereRead(g: GradientBuilder, dY: string, gradient: string, divisor = ''): string {
  if (g.numbers(divisor)?.every((value) => value !== 0)) return gradient;
  const isUnread = g.op('Equal', [dY, g.scalar(0)]);
  return g.where(isUnread, g.scalar(0), gradient);
}

function positive(g: GradientBuilder, x: string): string {
  return g.op('Greater', [x, g.scalar(0)]);
}

function sigmoidSlope(g: GradientBuilder, y: string): string {
  return g.mul(y, g.sub(g.scalar(1), y));
}

function hardSigmoidMask(g: GradientBuilder, y: string): string {
  const isAbove = positive(g, y);
  const isBelow = g.op('Less', [y, g.scalar(1)]);
  return g.mask(g.op('And', [isAbove, isBelow]));
}

/** Of several inputs that reach the extremum, the first gets the gradient. */
function extremum({ node, g, x, y: [y], dY }: Parameters<GradientRule>[0]): Gradient[] {
  const inputs = x.slice(0, node.input.length);
  const reaches = inputs.map((input) => g.op('Equal', [input, y]));
  return reaches.map((hit, i) => () => {
    const butNot = (mask: string, other: string) => g.op('And', [mask, g.op('Not', [other])]);
    const first = reaches.slice(0, i).reduce(butNot, hit);
    return g.mul(dY, g.mask(first));
  });
}

/** dX = dY · (Φ(x) + x φ(x)), x φ(x) = s / (√π exp s²) with s = x / √2, from the parts that the forward pass keeps. */
function gelu(context: RuleContext): string {
  const {
    node,
    g,
    y: [y],
    dY,
  } = context;
  if (isTanhGelu(node)) return tanhGelu(context);
  const { scaled, cdf } = geluParts(y);
  const density = g.div(scaled, g.op('Exp', [g.square(scaled)]));
  return g.mul(dY, g.add(cdf, g.scale(density, 1 / Math.sqrt(Math.PI))));
}

/** y = x · σ(v), v = x (a + b x²), a = √(8/π), b = 0.044715 a: dX = dY · σ (1 + x (a + 3 b x²) (1 - σ)). */
function tanhGelu({ g, x: [x], dY }: RuleContext): string {
  const a = Math.sqrt(8 / Math.PI);
  const squared = g.square(x);
  const odd = (factor: number) => {
    const curve = g.scale(squared, factor * 0.044715 * a);
    return g.mul(x, g.add(curve, g.scalar(a)));
  };
  const sigmoid = g.op('Sigmoid', [odd(1)]);
  return g.mul(dY, g.add(sigmoid, g.mul(odd(3), sigmoidSlope(g, sigmoid))));
}
