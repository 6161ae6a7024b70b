import type { GradientBuilder } from './gradient-builder.js';

/** One update of the flat parameter vector, written into the step graph. */
export interface Update {
  weights: string;
  /** New state vectors by name. */
  state: Record<string, string>;
}

export interface UpdateInputs {
  weights: string;
  gradient: string;
  state: Record<string, string>;
  /** Scalars: the learning rate of this step and how many steps came before it. */
  learningRate: string;
  step: string;
  /** 1 where weight decay applies and 0 elsewhere (biases, norms); absent for everywhere. */
  decayMask?: string;
}

/** An update rule over one flat vector; `state` names the vectors that it carries from step to step. */
export interface Optimizer {
  state: readonly string[];
  update(g: GradientBuilder, inputs: UpdateInputs): Update;
}

export interface AdamOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /** Decoupled decay (AdamW, Loshchilov and Hutter 2019). */
  weightDecay?: number;
}

/**
 * Adam (Kingma and Ba 2015), with bias correction. Its moments are kept as sums, m = Σ β₁ᵏ g and v = Σ β₂ᵏ g², which
 * saves two of twelve passes over the vector: their factors 1 - β join those of the correction in the rate and epsilon.
 */
export function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamOptions = {}): Optimizer {
  return {
    state: ['m', 'v'],
    update: (g, inputs) => {
      const { gradient, state, learningRate, step } = inputs;
      const m = g.add(g.scale(state['m']!, beta1), gradient);
      const v = g.add(g.scale(state['v']!, beta2), g.square(gradient));
      const next = g.add(step, g.scalar(1));
      // What β and the steps so far leave of the sum of its powers: m over it is the mean of g.
      const steps = (beta: number) => {
        const one = g.scalar(1);
        const power = g.op('Pow', [g.scalar(beta), next]);
        return g.scale(g.sub(one, power), 1 / (1 - beta));
      };
      const root = g.op('Sqrt', [steps(beta2)]);
      const rate = g.div(g.mul(learningRate, root), steps(beta1));
      const deviation = g.add(g.op('Sqrt', [v]), g.scale(root, epsilon));
      const change = g.mul(g.div(m, deviation), rate);
      return { weights: g.sub(decayed(g, inputs, weightDecay), change), state: { m, v } };
    },
  };
}

export interface SgdOptions {
  momentum?: number;
  nesterov?: boolean;
  weightDecay?: number;
}

/** Stochastic gradient descent; with momentum v = μ v + g, w -= lr · v (Nesterov: lr · (g + μ v)). */
export function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {}): Optimizer {
  return {
    state: momentum > 0 ? ['velocity'] : [],
    update: (g, inputs): Update => {
      const { gradient, state, learningRate } = inputs;
      const base = decayed(g, inputs, weightDecay);
      if (momentum === 0) return { weights: g.sub(base, g.mul(gradient, learningRate)), state: {} };
      const velocity = g.add(g.scale(state['velocity']!, momentum), gradient);
      const direction = nesterov ? g.add(gradient, g.scale(velocity, momentum)) : velocity;
      return { weights: g.sub(base, g.mul(direction, learningRate)), state: { velocity } };
    },
  };
}

/** w · (1 - lr · decay), where decay applies. */
function decayed(g: GradientBuilder, { weights, learningRate, decayMask }: UpdateInputs, weightDecay: number): string {
  if (weightDecay === 0) return weights;
  const shrink = g.scale(g.mul(weights, learningRate), weightDecay);
  return g.sub(weights, decayMask ? g.mul(shrink, decayMask) : shrink);
}
