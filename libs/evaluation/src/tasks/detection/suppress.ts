import { intersectionOverUnion, type Detection } from './box.js';

/** Boxes of one image that enter suppression, the best first: it compares each with each. */
const MAX_CANDIDATES = 3000;

/**
 * Greedy non-maximum suppression by class: of boxes that overlap by more than `iou` the best stays (Felzenszwalb et
 * al., PAMI 32, 2010). Returns at most `limit`, the best first.
 */
export function suppress(detections: readonly Detection[], iou: number, limit: number): Detection[] {
  const ranked = detections.toSorted((a, b) => b.score - a.score).slice(0, MAX_CANDIDATES);
  if (iou >= 1) return ranked.slice(0, limit);
  const kept: Detection[] = [];
  for (const candidate of ranked) {
    if (kept.length >= limit) break;
    const ofClass = kept.filter((other) => other.class === candidate.class);
    const isCovered = ofClass.some((other) => intersectionOverUnion(other.box, candidate.box) > iou);
    if (!isCovered) kept.push(candidate);
  }
  return kept;
}
