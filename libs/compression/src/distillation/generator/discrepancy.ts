import { cosineDistance, type GradientBuilder } from '#autodiff';
import type { OutputKind } from '#contracts';

/** How far two answers to the same samples lie apart: a scalar, and its gradients by both. */
export interface Discrepancy {
  value: string;
  byTeacher: string;
  byStudent: string;
}

/** Two values of one shape, the batch first. */
export interface Answers {
  teacher: string;
  student: string;
  /** Whether the teacher's are probabilities that no Softmax of its graph gives. */
  isProbability: boolean;
}

/** Keeps logarithms and divisions finite. */
const FLOOR = 1e-12;

/**
 * Measures of disagreement for a generator to seek it (Fang et al. 2019, "Data-Free Adversarial Distillation"). All are bounded and the
 * same for every scale of the answers, so that one weight serves any net: a distance without a bound is best served by samples to
 * which no answer makes sense.
 */
export const DISCREPANCIES: Record<OutputKind, (g: GradientBuilder, answers: Answers) => Discrepancy> = {
  classification: jensenShannon,
  mse: relativeDifference,
  cosine: (g, { teacher, student }) => {
    const [byStudent, byTeacher] = [
      cosineDistance(g, student, teacher, g.dims(teacher)),
      cosineDistance(g, teacher, student, g.dims(teacher)),
    ];
    return { value: byStudent.value, byTeacher: byTeacher.gradient, byStudent: byStudent.gradient };
  },
};

/**
 * Mean Jensen-Shannon divergence of two answers p and q [N, K], at most ln 2 (Yin et al. 2020), with m = (p + q) / 2: by p it is
 * v = log(p / m) / 2N, by the logits p · (v - Σ p · v).
 */
function jensenShannon(g: GradientBuilder, { teacher, student, isProbability }: Answers): Discrepancy {
  const samples = g.dims(teacher)[0]!;
  const p = isProbability ? teacher : g.op('Softmax', [teacher], { axis: -1 });
  const q = g.op('Softmax', [student], { axis: -1 });
  const logarithm = (value: string) => g.op('Log', [g.add(value, g.scalar(FLOOR))]);
  const middle = logarithm(g.scale(g.add(p, q), 0.5));
  const [byP, byQ] = [p, q].map((value) => g.scale(g.sub(logarithm(value), middle), 0.5 / samples)) as [string, string];
  const behindSoftmax = (value: string, by: string) => g.mul(value, g.sub(by, g.sum(g.mul(value, by), [1], true)));
  return {
    value: g.sum(g.add(g.mul(p, byP), g.mul(q, byQ)), [0, 1]),
    byTeacher: isProbability ? byP : behindSoftmax(p, byP),
    byStudent: behindSoftmax(q, byQ),
  };
}

/** D = Σ (s - t)² / (Σ s² + Σ t²), at most 2: ds = 2 (s - t - D s) / (Σ s² + Σ t²), dt alike. */
function relativeDifference(g: GradientBuilder, { teacher, student }: Answers): Discrepancy {
  const axes = [...g.dims(teacher).keys()];
  const power = g.add(g.add(g.sum(g.square(student), axes), g.sum(g.square(teacher), axes)), g.scalar(FLOOR));
  const difference = g.sub(student, teacher);
  const value = g.div(g.sum(g.square(difference), axes), power);
  const twice = g.scale(g.div(difference, power), 2);
  const share = g.scale(g.div(value, power), 2);
  return {
    value,
    byTeacher: g.neg(g.add(twice, g.mul(share, teacher))),
    byStudent: g.sub(twice, g.mul(share, student)),
  };
}
