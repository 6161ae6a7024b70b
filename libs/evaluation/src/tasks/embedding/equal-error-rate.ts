import type { Statistic } from '../../intervals/bootstrap.js';
import type { Resampled } from '../task.js';
import { notCompared, infiniteVectors, type VectorEvidence } from './evidence.js';
import { similarity } from './similarity.js';

/**
 * Equal error rate of verification: over all pairs of samples, the rate at the threshold of cosine where as large a
 * share of pairs of one class is refused as of pairs of two classes is accepted, interpolated between thresholds
 * (ISO/IEC 19795-1). Pairs count as often as both their samples are drawn.
 */
export const equalErrorRate: Resampled<VectorEvidence> = {
  kind: 'resampled',
  samples: ({ labels }) => labels.length,
  work: ({ labels }) => (labels.length * labels.length) / 2,
  missing(evidence) {
    const reason = notCompared(evidence) ?? infiniteVectors(evidence);
    if (reason !== null) return reason;
    const classes = new Set(evidence.labels).size;
    return classes < 2 || classes === evidence.labels.length ? 'there are no pairs of one class and of two' : null;
  },
  prepare: (evidence) => errorRateOf(rankedPairs(evidence)),
};

function rankedPairs(evidence: VectorEvidence): Pairs {
  const { labels } = evidence;
  const samples = labels.length;
  const count = (samples * (samples - 1)) / 2;
  const [first, second, scores] = [new Uint16Array(count), new Uint16Array(count), new Float64Array(count)];
  let pair = 0;
  for (let a = 0; a < samples; a++)
    for (let b = a + 1; b < samples; b++, pair++) {
      first[pair] = a;
      second[pair] = b;
      scores[pair] = similarity(evidence, a, b);
    }
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  order.sort((one, other) => (scores[other] ?? 0) - (scores[one] ?? 0));
  return {
    first: Uint16Array.from(order, (i) => first[i] ?? 0),
    second: Uint16Array.from(order, (i) => second[i] ?? 0),
    scores: Float64Array.from(order, (i) => scores[i] ?? NaN),
    genuine: Uint8Array.from(order, (i) => Number(labels[first[i] ?? 0] === labels[second[i] ?? 0])),
  };
}

/** Pairs by falling score. */
interface Pairs {
  first: Uint16Array;
  second: Uint16Array;
  scores: Float64Array;
  genuine: Uint8Array;
}

function errorRateOf(pairs: Pairs): Statistic {
  const { first, second, scores, genuine } = pairs;
  const weightOf = (pair: number, counts: Uint32Array) => {
    const [one, other] = [counts[first[pair] ?? 0] ?? 0, counts[second[pair] ?? 0] ?? 0];
    return one * other;
  };
  return (counts) => {
    let [all, impostors] = [0, 0];
    for (let pair = 0; pair < scores.length; pair++) {
      const weight = weightOf(pair, counts);
      if (genuine[pair]) all += weight;
      else impostors += weight;
    }
    if (all === 0 || impostors === 0) return undefined;
    let [refused, accepted] = [1, 0];
    for (let pair = 0; pair < scores.length;) {
      const score = scores[pair];
      const before = { refused, accepted };
      for (; pair < scores.length && scores[pair] === score; pair++) {
        const weight = weightOf(pair, counts);
        if (genuine[pair]) refused -= weight / all;
        else accepted += weight / impostors;
      }
      if (accepted >= refused) return crossing(before, { refused, accepted });
    }
    return undefined;
  };
}

interface Rates {
  refused: number;
  accepted: number;
}

/** Where the line between two points of the curve has equal rates. */
function crossing(before: Rates, after: Rates): number {
  const gap = before.refused - before.accepted;
  const overshoot = after.accepted - after.refused;
  const share = gap + overshoot === 0 ? 0 : gap / (gap + overshoot);
  return Math.max(0, before.accepted + share * (after.accepted - before.accepted));
}
