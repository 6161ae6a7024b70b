/**
 * What one setting of a part costs: its share of a cost that is computed, such as bytes, and of one that was measured,
 * such as loss.
 */
export interface PartOption {
  cost: number;
  loss: number;
}

/**
 * What two parts cost together beyond what each costs alone, by their options; negative where one makes up for the
 * other.
 */
export interface PairTerm {
  first: number;
  second: number;
  loss(firstOption: number, secondOption: number): number;
}

/**
 * A model of a space whose parts (layers, mostly) each have a list of options: costs add up, losses add up but for
 * terms of pairs (Deng et al. 2025, CLADO: interactions of second order between layers).
 */
export interface CostModel {
  parts: readonly (readonly PartOption[])[];
  pairs: readonly PairTerm[];
}

/** An option for each part, and what the model says of them. */
export interface ModelPoint {
  options: readonly number[];
  cost: number;
  loss: number;
}

export function evaluate(model: CostModel, options: readonly number[]): ModelPoint {
  const cost = model.parts.reduce((sum, part, i) => sum + part[options[i]!]!.cost, 0);
  const alone = model.parts.reduce((sum, part, i) => sum + part[options[i]!]!.loss, 0);
  const together = model.pairs.reduce((sum, pair) => sum + pair.loss(options[pair.first]!, options[pair.second]!), 0);
  return { options, cost, loss: alone + together };
}
