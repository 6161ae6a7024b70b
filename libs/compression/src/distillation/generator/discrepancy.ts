import { cosineDistance, type Expression } from '#autodiff';
import type { OutputKind } from '#contracts';

/** Two values of one shape, the batch first. */
export interface Answers {
  teacher: Expression;
  student: Expression;
  /** Whether the teacher's are probabilities that no Softmax of its graph gives. */
  isProbability: boolean;
}

/** Keeps logarithms and divisions finite. */
const FLOOR = 1e-12;

/**
 * Measures of disagreement for a generator to seek it (Fang et al. 2019, "Data-Free Adversarial Distillation"). All are
 * bounded and the same for every scale of the answers, so that one weight serves any net: a distance without a bound is
 * best served by samples to which no answer makes sense.
 */
export const DISCREPANCIES: Record<OutputKind, (answers: Answers) => Expression> = {
  classification: jensenShannon,
  mse: relativeDifference,
  cosine: ({ teacher, student }) => cosineDistance(student, teacher),
};

/**
 * Mean Jensen-Shannon divergence of two answers p and q [N, K], at most ln 2 (Yin et al. 2020), with m = (p + q) / 2.
 */
function jensenShannon({ teacher, student, isProbability }: Answers): Expression {
  const [p, q] = [isProbability ? teacher : teacher.softmax(), student.softmax()];
  const middle = p.plus(q).times(0.5).plus(FLOOR).log();
  const toMiddle = (value: Expression) => {
    const logRatio = value.plus(FLOOR).log().minus(middle);
    return value.times(logRatio).sum();
  };
  return toMiddle(p)
    .plus(toMiddle(q))
    .times(0.5 / p.dims[0]!);
}

/** Σ (s - t)² / (Σ s² + Σ t²), at most 2. */
function relativeDifference({ teacher, student }: Answers): Expression {
  const power = student.square().sum().plus(teacher.square().sum()).plus(FLOOR);
  return student.minus(teacher).square().sum().over(power);
}
