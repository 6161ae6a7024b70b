import type { GradientBuilder, LossTerm } from '#autodiff';

/** Keeps the norm of a map that is zero throughout away from zero. */
const FLOOR = 1e-12;

/**
 * Attention transfer (Zagoruyko and Komodakis 2017, activation-based with p = 2): where a value [N, C, H, W] responds is the map
 * q = Σ_c a²; the loss is the mean over samples of |q_s/|q_s| - q_t/|q_t||², which is 2 - 2 u·t for unit maps u and t.
 *
 *     dq = 2 ((u·t) u - t) / (N |q_s|),   da = 2 a dq
 *
 * `teacher` may have other channels, but the same samples, height and width.
 */
export function attentionTransfer(
  g: GradientBuilder,
  student: string,
  teacher: string,
  dims: readonly number[],
): LossTerm {
  const samples = dims[0]!;
  const places = [...dims.keys()].slice(1);
  const map = (value: string) => g.sum(g.square(value), [1], true);
  const norm = (value: string) => g.op('Sqrt', [g.add(g.sum(g.square(value), places, true), g.scalar(FLOOR))]);
  const q = map(student);
  const length = norm(q);
  const unit = g.div(q, length);
  const theirs = map(teacher);
  const target = g.div(theirs, norm(theirs));
  const likeness = g.sum(g.mul(unit, target), places, true);
  const value = g.scale(g.sub(g.scalar(samples), g.sum(likeness, [...dims.keys()])), 2 / samples);
  const byMap = g.div(g.sub(g.mul(likeness, unit), target), length);
  return { value, gradient: g.mul(g.scale(student, 4 / samples), byMap) };
}
