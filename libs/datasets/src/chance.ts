/** Deviations above which a share of right answers is no accident. */
const DEVIATIONS = 3;

/**
 * A sentence where a model answers no better than one that guesses: at most 1 / classes and three deviations of that,
 * √(p (1 − p) / n); null where it does better, or where so few samples cannot tell.
 */
export function chanceWarning({
  top1,
  samples,
  classes,
}: {
  top1: number;
  samples: number;
  classes: number;
}): string | null {
  const chance = 1 / classes;
  const bound = chance + DEVIATIONS * Math.sqrt((chance * (1 - chance)) / samples);
  if (top1 > bound || bound >= 1) return null;
  const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
  return `the model answers ${percent(top1)} of ${samples} samples right, no better than chance (${percent(chance)} for ${classes} classes): check the preprocessing and the order of the classes; \`coldpress datasets preview\` shows samples as the model gets them`;
}
