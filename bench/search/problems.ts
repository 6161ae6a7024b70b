import { Space, type ParameterValues, type Outcome, type Parameter } from '#search';

/** A test problem: all objectives minimized. */
export interface TestProblem {
  space: Space;
  /** The corner that hypervolumes are measured to. */
  reference: readonly number[];
  evaluate(assignment: ParameterValues): Outcome;
}

const unit = (count: number): Parameter[] =>
  Array.from({ length: count }, (_, i) => ({ kind: 'real', name: `x${i}`, min: 0, max: 1 }));

const numbers = (assignment: ParameterValues, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number(assignment[`x${i}`]));

/** ZDT1 to ZDT3 of six variables (Zitzler, Deb and Thiele 2000): f2 = g · shape(f1 / g). */
function zdt(shape: (ratio: number, f1: number) => number): TestProblem {
  return {
    space: new Space(unit(6)),
    reference: [1.1, 11],
    evaluate(assignment) {
      const [f1 = 0, ...rest] = numbers(assignment, 6);
      const g = 1 + (9 * rest.reduce((sum, x) => sum + x, 0)) / rest.length;
      return { values: [f1, g * shape(f1 / g, f1)] };
    },
  };
}

/** DTLZ2 of seven variables and three objectives (Deb et al. 2002): the front is an eighth of the unit sphere. */
function dtlz2(assignment: ParameterValues): number[] {
  const [a = 0, b = 0, ...rest] = numbers(assignment, 7);
  const g = 1 + rest.reduce((sum, x) => sum + (x - 0.5) ** 2, 0);
  const [u, v] = [(a * Math.PI) / 2, (b * Math.PI) / 2];
  return [g * Math.cos(u) * Math.cos(v), g * Math.cos(u) * Math.sin(v), g * Math.sin(u)];
}

/** The constraint of C2-DTLZ2 (Jain and Deb 2014): within r of a corner of the front or of its middle. */
function c2(values: readonly number[], radius = 0.4): number {
  const corners = values.map(
    (value, i) => (value - 1) ** 2 + values.reduce((sum, other, j) => sum + (i === j ? 0 : other ** 2), 0),
  );
  const middle = values.reduce((sum, value) => sum + (value - 1 / Math.sqrt(values.length)) ** 2, 0);
  return Math.min(...corners, middle) - radius ** 2;
}

/** Parameters of the layers of the compression-like problem, and how much each one's loss matters. */
export const PRESS_SIZES = [412.0783, 33208.5965, 3944.6541, 23350.8363, 114255.6203, 7364.9644, 5833.2499, 401.2785];
export const PRESS_WEIGHTS = [0.344253, 0.999459, 2.282759, 4.050215, 0.577939, 0.135479, 0.376956, 6.594579];
export const PRESS_BITS = [2, 4, 8];

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** A layer's share of the bytes: P (1 - r) b / 8 ΣP. */
export function pressBytes(layer: number, bits: number, ratio: number): number {
  return (PRESS_SIZES[layer]! * (1 - ratio) * bits) / (8 * total(PRESS_SIZES));
}

/** What a layer alone costs: s (40 · 4^-b + 2 r⁴) / 5Σs. */
export function pressLoss(layer: number, bits: number, ratio: number): number {
  return (PRESS_WEIGHTS[layer]! * (40 * 4 ** -bits + 2 * ratio ** 4)) / (5 * total(PRESS_WEIGHTS));
}

/** What a pruned layer costs besides, by the one behind it: 0.3 s_i s_(i+1) r_i⁴ / 5Σs. */
export function pressPair(layer: number, ratio: number): number {
  const next = PRESS_WEIGHTS[(layer + 1) % PRESS_WEIGHTS.length]!;
  return (0.3 * PRESS_WEIGHTS[layer]! * next * ratio ** 4) / (5 * total(PRESS_WEIGHTS));
}

const LAYERS = PRESS_SIZES.map((_, layer) => layer);

const press: TestProblem = {
  space: new Space(
    LAYERS.flatMap((layer): Parameter[] => [
      { kind: 'choice', name: `bits${layer}`, values: PRESS_BITS, ordered: true },
      { kind: 'real', name: `ratio${layer}`, min: 0, max: 0.95 },
    ]),
  ),
  reference: [1.1, 1.1],
  evaluate(assignment) {
    const settings = LAYERS.map(
      (layer) => [Number(assignment[`bits${layer}`]), Number(assignment[`ratio${layer}`])] as const,
    );
    const bytes = settings.reduce((sum, [bits, ratio], layer) => sum + pressBytes(layer, bits, ratio), 0);
    const loss = settings.reduce(
      (sum, [bits, ratio], layer) => sum + pressLoss(layer, bits, ratio) + pressPair(layer, ratio),
      0,
    );
    return { values: [bytes, loss] };
  },
};

export const TEST_PROBLEMS: Record<string, TestProblem> = {
  zdt1: zdt((ratio) => 1 - Math.sqrt(ratio)),
  zdt2: zdt((ratio) => 1 - ratio ** 2),
  zdt3: zdt((ratio, f1) => 1 - Math.sqrt(ratio) - ratio * Math.sin(10 * Math.PI * f1)),
  'press-16d': press,
  dtlz2: {
    space: new Space(unit(7)),
    reference: [1.1, 1.1, 1.1],
    evaluate: (assignment) => ({ values: dtlz2(assignment) }),
  },
  'c2-dtlz2': {
    space: new Space(unit(7)),
    reference: [1.1, 1.1, 1.1],
    evaluate(assignment) {
      const values = dtlz2(assignment);
      return { values, constraints: [c2(values)] };
    },
  },
};
