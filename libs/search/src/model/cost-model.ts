/**
 * What one setting of a part costs: its share of a cost that is computed, such as bytes, and of one that was measured,
 * such as loss.
 */
export interface PartOption {
  cost: number;
  loss: number;
}

/**
 * What several parts cost together beyond what each costs alone, by their options in the order of `parts`; negative where
 * one makes up for the other. A tensor whose rows, columns and bits three parts decide is one of cost; errors of two
 * layers that add up are one of loss.
 */
export interface Coupling {
  parts: readonly number[];
  cost(options: readonly number[]): number;
  loss(options: readonly number[]): number;
}

/**
 * A model of a space whose parts (layers, mostly) each have a list of options: costs and losses add up but for what parts
 * have together (Deng et al. 2025, CLADO: interactions of second order between layers).
 */
export interface CostModel {
  parts: readonly (readonly PartOption[])[];
  couplings: readonly Coupling[];
}

/** An option for each part, and what the model says of them. */
export interface ModelPoint {
  options: readonly number[];
  cost: number;
  loss: number;
}

export function evaluateOptions(model: CostModel, options: readonly number[]): ModelPoint {
  const chosen = model.parts.map((part, i) => part[options[i]!]!);
  const alone = (figure: (option: PartOption) => number) => chosen.reduce((sum, option) => sum + figure(option), 0);
  const together = sumOf(model.couplings, options);
  return {
    options,
    cost: alone(({ cost }) => cost) + together.cost,
    loss: alone(({ loss }) => loss) + together.loss,
  };
}

/** What couplings cost at these options of all parts. */
export function sumOf(couplings: readonly Coupling[], options: readonly number[]): PartOption {
  let [cost, loss] = [0, 0];
  for (const coupling of couplings) {
    const own = coupling.parts.map((part) => options[part]!);
    cost += coupling.cost(own);
    loss += coupling.loss(own);
  }
  return { cost, loss };
}
