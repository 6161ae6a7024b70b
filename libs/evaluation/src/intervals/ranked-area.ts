import type { Statistic } from './bootstrap.js';

/**
 * Area under the ROC curve of scores: the chance that a positive sample scores higher than a negative one, equal scores
 * counting half (Hanley and McNeil, Radiology 143, 1982). Sorted once for all resamples. Undefined where one kind has
 * no sample.
 */
export function rankedArea(scores: ArrayLike<number>, isPositive: (sample: number) => boolean): Statistic {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  const positive = Uint8Array.from(order, (sample) => (isPositive(sample) ? 1 : 0));
  return (counts) => {
    let [positives, negatives, pairs] = [0, 0, 0];
    for (let i = 0; i < order.length;) {
      let [up, down] = [0, 0];
      const score = scores[order[i] ?? 0];
      for (; i < order.length && scores[order[i] ?? 0] === score; i++) {
        const count = counts[order[i] ?? 0] ?? 0;
        if (positive[i]) up += count;
        else down += count;
      }
      pairs += up * (negatives + down / 2);
      positives += up;
      negatives += down;
    }
    return positives === 0 || negatives === 0 ? undefined : pairs / (positives * negatives);
  };
}
