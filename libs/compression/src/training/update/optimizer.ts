/** Adam (Kingma and Ba 2015) with bias correction, and decoupled decay (AdamW, Loshchilov and Hutter 2019). */
export interface Adam {
  kind: 'adam';
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}

/** Stochastic gradient descent; with momentum v = μ v + g, w -= lr · v (Nesterov: lr · (g + μ v)). */
export interface Sgd {
  kind: 'sgd';
  momentum: number;
  nesterov: boolean;
  weightDecay: number;
}

/** How weights follow from their gradient. */
export type Optimizer = Adam | Sgd;

export const adam = (options: Partial<Omit<Adam, 'kind'>> = {}): Adam => ({
  kind: 'adam',
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  ...options,
});

export const sgd = (options: Partial<Omit<Sgd, 'kind'>> = {}): Sgd => ({
  kind: 'sgd',
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
  ...options,
});

/** Vectors that an optimizer carries from step to step. */
export function stateOf(optimizer: Optimizer): readonly string[] {
  if (optimizer.kind === 'adam') return ['m', 'v'];
  return optimizer.momentum > 0 ? ['velocity'] : [];
}

/**
 * What a step's numbers are, by the names that its kernel gives them. The moments of Adam are kept as sums, m = Σ β₁ᵏ g
 * and v = Σ β₂ᵏ g²: their factors 1 - β join those of the correction in the rate and epsilon.
 */
export function scalarsOf(optimizer: Optimizer, learningRate: number, step: number): Record<string, number> {
  if (optimizer.kind === 'sgd') return { momentum: optimizer.momentum, rate: learningRate };
  const { beta1, beta2, epsilon } = optimizer;
  // What β and the steps so far leave of the sum of its powers: m over it is the mean of g.
  const steps = (beta: number) => (1 - beta ** (step + 1)) / (1 - beta);
  const root = Math.sqrt(steps(beta2));
  return { beta1, beta2, epsilon: epsilon * root, rate: (learningRate * root) / steps(beta1) };
}
