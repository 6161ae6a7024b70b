import type { Expression } from '#autodiff';

/** Keeps the norm of a map that is zero throughout away from zero. */
const FLOOR = 1e-12;

/**
 * Attention transfer (Zagoruyko and Komodakis 2017, activation-based with p = 2): where a value [N, C, H, W] responds
 * is the map q = Σ_c a²; the loss is the mean over samples of |q_s/|q_s| - q_t/|q_t||², which is 2 - 2 u·t for unit
 * maps u and t. The teacher's value may have other channels, but the same samples, height and width.
 */
export function attentionTransfer(student: Expression, teacher: Expression): Expression {
  const samples = student.dims[0]!;
  const likeness = unitMap(student).times(unitMap(teacher)).sum();
  return likeness.times(-2 / samples).plus(2);
}

function unitMap(value: Expression): Expression {
  const map = value.square().sum([1], true);
  const length = map.square().sum([1, 2, 3], true).plus(FLOOR).root();
  return map.over(length);
}
