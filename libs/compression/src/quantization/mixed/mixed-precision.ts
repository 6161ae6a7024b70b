import { elementOf } from '#onnx';
import { noiseOf, type LayerSensitivity } from './sensitivity.js';
import type { WeightBits } from '../grid/bits.js';

/** A layer as the choice of widths sees it. */
export interface WidthCandidate {
  node: string;
  elements: number;
  /** Noise over signal of the model's output with this layer alone at each width. */
  noise: Partial<Record<WeightBits, number>>;
}

/** A width for every layer, what it stores and what it is thought to lose. */
export interface WidthPlan {
  bits: Record<string, WeightBits>;
  averageBits: number;
  /** Sum of the layers' noise over signal: errors of different layers are taken to be independent. */
  noise: number;
}

/** Widths that mixed precision chooses from; 3 bits are stored in 4. */
export const MIXED_WIDTHS: readonly WeightBits[] = [8, 4, 2];

/** Plans kept between two layers: all of them up to seven layers, after that the best of each of so many sizes. */
const MAX_PLANS = 4096;

/** A plan in the making; widths are read back along `previous`. */
interface Step {
  stored: number;
  noise: number;
  bits: WeightBits;
  previous: Step | null;
}

/** Layers by what they cost at each width, from what was measured; one whose width the options name has that alone. */
export function widthCandidates(
  sensitivities: readonly LayerSensitivity[],
  named: readonly (WeightBits | undefined)[],
): WidthCandidate[] {
  return sensitivities.map(({ node, elements, widths }, i) => {
    const choice = named[i] === undefined ? MIXED_WIDTHS : [named[i]];
    return {
      node,
      elements,
      noise: Object.fromEntries(
        widths.filter(({ bits }) => choice.includes(bits)).map((cost) => [cost.bits, noiseOf(cost)]),
      ),
    };
  });
}

/**
 * The plans that no other beats in both size and noise, widest first: a multiple-choice knapsack, solved layer by layer
 * by keeping the undominated partial plans (Nemhauser and Ullmann 1969). Exact while there are no more than 4,096 of
 * them.
 */
export function paretoPlans(candidates: readonly WidthCandidate[]): WidthPlan[] {
  const elements = candidates.reduce((sum, candidate) => sum + candidate.elements, 0);
  let front: Step[] = [{ stored: 0, noise: 0, bits: 8, previous: null }];
  for (const candidate of candidates) {
    const grown = front.flatMap((previous) =>
      Object.entries(candidate.noise).map(([width, noise]): Step => {
        const bits = Number(width) as WeightBits;
        return {
          stored: previous.stored + candidate.elements * stored(bits),
          noise: previous.noise + noise,
          bits,
          previous,
        };
      }),
    );
    front = thinned(undominated(grown));
  }
  return front.map((last) => ({
    bits: readBits(candidates, last),
    averageBits: last.stored / elements,
    noise: last.noise,
  }));
}

/** The plan with the given width wherever there is a choice. */
export function uniformPlan(candidates: readonly WidthCandidate[], width: WeightBits): WidthPlan {
  const bits = candidates.map(({ noise }) =>
    noise[width] === undefined ? (Number(Object.keys(noise)[0]) as WeightBits) : width,
  );
  const elements = candidates.reduce((sum, candidate) => sum + candidate.elements, 0);
  return {
    bits: Object.fromEntries(candidates.map(({ node }, i) => [node, elementOf(bits, i, 'bits')])),
    averageBits:
      candidates.reduce((sum, candidate, i) => sum + candidate.elements * stored(elementOf(bits, i, 'bits')), 0) /
      elements,
    noise: candidates.reduce((sum, { noise }, i) => sum + noise[elementOf(bits, i, 'bits')]!, 0),
  };
}

/** Bits that an element of a width takes on disk. */
export function stored(bits: WeightBits): number {
  return bits === 3 ? 4 : bits;
}

/** Sorted from widest to narrowest, those gone that are no better than a narrower one. */
function undominated(plans: readonly Step[]): Step[] {
  const kept: Step[] = [];
  let least = Infinity;
  for (const plan of plans.toSorted((a, b) => a.stored - b.stored || a.noise - b.noise)) {
    if (plan.noise >= least) continue;
    least = plan.noise;
    kept.push(plan);
  }
  return kept.reverse();
}

/** At most MAX_PLANS of a front, evenly over its sizes, both ends among them. */
function thinned(front: Step[]): Step[] {
  if (front.length <= MAX_PLANS) return front;
  const storedAt = (i: number) => elementOf(front, i, 'front').stored;
  const [widest, narrowest] = [storedAt(0), storedAt(front.length - 1)];
  const cell = (plan: Step) => Math.floor(((widest - plan.stored) / (widest - narrowest)) * (MAX_PLANS - 1));
  const isEnd = (i: number) => i === front.length - 1 || i === 0;
  return front.filter((plan, i) => isEnd(i) || cell(plan) !== cell(elementOf(front, i - 1, 'front')));
}

function readBits(candidates: readonly WidthCandidate[], last: Step): Record<string, WeightBits> {
  const bits: [string, WeightBits][] = [];
  let plan: Step | null = last;
  for (const { node } of candidates.toReversed()) {
    bits.unshift([node, plan!.bits]);
    plan = plan!.previous;
  }
  return Object.fromEntries(bits);
}
