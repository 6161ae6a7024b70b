import type { WeightBits } from './weight-grid.js';

/** A layer as the choice of widths sees it. */
export interface WidthCandidate {
  node: string;
  elements: number;
  /** Noise over signal of the layer's output at each width. */
  noise: Partial<Record<WeightBits, number>>;
}

/** One step of the trade-off: the widths it stands for, what they store and what they lose. */
export interface TradeOff {
  averageBits: number;
  /** Sum of the layers' noise over signal. */
  noise: number;
  /** The layer that was narrowed to get here, and to what; null at the start. */
  narrowed: { node: string; bits: WeightBits } | null;
}

export interface WidthChoice {
  bits: Record<string, WeightBits>;
  curve: TradeOff[];
}

const STORED: readonly WeightBits[] = [8, 4, 2];

/**
 * Starts with every layer at 8 bits and narrows, one at a time, the layer that gains least noise per bit saved, until the
 * average width is at most `averageBits`. The whole curve down to 2 bits everywhere is returned; widths are those of the budget.
 */
export function chooseWidths(candidates: readonly WidthCandidate[], averageBits: number): WidthChoice {
  const bits = new Map<string, WeightBits>(candidates.map(({ node }) => [node, 8]));
  const curve = [tradeOff(candidates, bits, null)];
  let chosen = new Map(bits);
  for (let step = cheapestStep(candidates, bits); step; step = cheapestStep(candidates, bits)) {
    if (curve.at(-1)!.averageBits > averageBits) chosen = chosen.set(step.node, step.bits);
    bits.set(step.node, step.bits);
    curve.push(tradeOff(candidates, bits, step));
  }
  return { bits: Object.fromEntries(chosen), curve };
}

function cheapestStep(candidates: readonly WidthCandidate[], bits: ReadonlyMap<string, WeightBits>): TradeOff['narrowed'] {
  let best: TradeOff['narrowed'] = null;
  let least = Infinity;
  for (const { node, elements, noise } of candidates) {
    const now = bits.get(node)!;
    for (const narrower of STORED.filter((width) => width < now)) {
      const cost = ((noise[narrower] ?? Infinity) - (noise[now] ?? 0)) / (elements * (now - narrower));
      if (cost >= least) continue;
      least = cost;
      best = { node, bits: narrower };
    }
  }
  return best;
}

function tradeOff(candidates: readonly WidthCandidate[], bits: ReadonlyMap<string, WeightBits>, narrowed: TradeOff['narrowed']): TradeOff {
  const elements = candidates.reduce((sum, candidate) => sum + candidate.elements, 0);
  const stored = candidates.reduce((sum, candidate) => sum + candidate.elements * bits.get(candidate.node)!, 0);
  const noise = candidates.reduce((sum, candidate) => sum + (candidate.noise[bits.get(candidate.node)!] ?? 0), 0);
  return { averageBits: stored / elements, noise, narrowed };
}
