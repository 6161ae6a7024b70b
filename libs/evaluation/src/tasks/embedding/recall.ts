import type { Share } from '../task.js';
import { notCompared, infiniteVectors, type VectorEvidence } from './evidence.js';
import { similarity } from './similarity.js';

/**
 * Share of samples that have one of their own class among the `k` others of the highest cosine (Jégou et al., PAMI 33,
 * 2011). A sample that is alone in its class does not count.
 */
export function recallAt(k: number): Share<VectorEvidence> {
  return {
    kind: 'share',
    missing: (evidence) => notCompared(evidence) ?? infiniteVectors(evidence) ?? alone(evidence),
    hits: (evidence) => Int8Array.from(evidence.labels, (_, query) => found(evidence, query, k)),
  };
}

function alone({ labels }: VectorEvidence): string | null {
  return new Set(labels).size === labels.length ? 'no two samples are of the same class' : null;
}

/** How many others are nearer than the nearest of the class decides; those equally near count as nearer. */
function found(evidence: VectorEvidence, query: number, k: number): number {
  const { labels } = evidence;
  const similarities = Float64Array.from(labels, (_, other) => similarity(evidence, query, other));
  let best = -Infinity;
  let companions = 0;
  labels.forEach((label, other) => {
    if (other === query || label !== labels[query]) return;
    companions++;
    best = Math.max(best, similarities[other] ?? NaN);
  });
  if (companions === 0) return -1;
  const nearer = labels.filter((label, other) => label !== labels[query] && !((similarities[other] ?? NaN) < best));
  return nearer.length < k ? 1 : 0;
}
