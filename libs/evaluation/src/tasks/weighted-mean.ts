import type { Statistic } from '../intervals/bootstrap.js';

/**
 * Sum of some values over the sum of others, each sample counted as often as it was drawn; undefined where that is 0.
 */
export function ratioOfSums(values: ArrayLike<number>, weights: ArrayLike<number> | number): Statistic {
  const weightOf = typeof weights === 'number' ? () => weights : (i: number) => weights[i] ?? 0;
  return (counts) => {
    let [sum, total] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      const count = counts[i] ?? 0;
      sum += count * (values[i] ?? 0);
      total += count * weightOf(i);
    }
    return total === 0 || !Number.isFinite(sum) ? undefined : sum / total;
  };
}
