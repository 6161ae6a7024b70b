import { intersectionOverUnion, shareWithin, type Detection } from './box.js';
import type { DetectionEvidence, Truth } from './evidence.js';

/** Points of recall at which precision is read. */
const RECALL_POINTS = 101;

/** The detections of one class in all images, the best first, with what they hit at each threshold of IoU. */
export interface RankedClass {
  /** Objects of the class in each image. */
  truths: Uint32Array;
  /** Image of each detection. */
  images: Uint32Array;
  /** Of each threshold {@link HIT} where the detection hits an object that no better one has hit. */
  hits: Uint8Array[];
}

/** What a detection is: none of the objects, one of them, or part of a crowd, where it does not count. */
const [MISS, HIT, ASIDE] = [0, 1, 2];

/**
 * Matches detections with objects: a detection takes, of the objects still free, the one that it overlaps most, if by
 * `iou` at least. One that takes none and lies by so much within a crowd of its class does not count.
 */
export function rankClasses({ images }: DetectionEvidence, thresholds: readonly number[]): RankedClass[] {
  const objects = images.flatMap(({ truths }) => truths.filter(({ isCrowd }) => !isCrowd));
  const classes = new Set(objects.map((truth) => truth.class));
  const inOrder = [...classes].toSorted((a, b) => a - b);
  return inOrder.map((number) => rankClass(images, number, thresholds));
}

function rankClass(images: DetectionEvidence['images'], number: number, thresholds: readonly number[]): RankedClass {
  const rows = images.flatMap(({ truths, found }, image) => {
    const own = truths.filter((truth) => truth.class === number);
    const ofClass = found.filter((detected) => detected.class === number);
    const ranked = ofClass.toSorted((a, b) => b.score - a.score);
    const hits = thresholds.map((iou) => matches(ranked, own, iou));
    const hitsOf = (d: number) => hits.map((row) => row[d] ?? 0);
    return ranked.map(({ score }, d) => ({ score, image, hits: hitsOf(d) }));
  });
  rows.sort((a, b) => b.score - a.score);
  return {
    truths: Uint32Array.from(images, ({ truths }) => truths.filter((truth) => isObject(truth, number)).length),
    images: Uint32Array.from(rows, ({ image }) => image),
    hits: thresholds.map((_, t) => Uint8Array.from(rows, ({ hits }) => hits[t] ?? 0)),
  };
}

const isObject = (truth: Truth, number: number): boolean => truth.class === number && !truth.isCrowd;

function matches(ranked: readonly Detection[], truths: readonly Truth[], iou: number): number[] {
  const taken = new Set<number>();
  return ranked.map(({ box }) => {
    let [best, at] = [iou, -1];
    truths.forEach((truth, t) => {
      const overlap = taken.has(t) || truth.isCrowd ? -1 : intersectionOverUnion(box, truth.box);
      if (overlap >= best) [best, at] = [overlap, t];
    });
    if (at < 0) return truths.some((truth) => truth.isCrowd && shareWithin(box, truth.box) >= iou) ? ASIDE : MISS;
    taken.add(at);
    return HIT;
  });
}

/**
 * Area under precision over recall of one class at one threshold: precision made to fall, read at 101 points of recall
 * (Lin et al., Microsoft COCO, 2014, as its evaluation computes it). Undefined where the images drawn hold no object of
 * the class.
 */
export function averagePrecision(
  { truths, images, hits }: RankedClass,
  threshold: number,
  counts: ArrayLike<number>,
): number | undefined {
  const objects = truths.reduce((sum, own, image) => sum + own * (counts[image] ?? 0), 0);
  if (objects === 0) return undefined;
  const recall = new Float64Array(images.length);
  const precision = new Float64Array(images.length);
  let [right, all] = [0, 0];
  images.forEach((image, d) => {
    const count = counts[image] ?? 0;
    const hit = hits[threshold]?.[d] ?? MISS;
    all += hit === ASIDE ? 0 : count;
    right += hit === HIT ? count : 0;
    recall[d] = right / objects;
    precision[d] = all === 0 ? 0 : right / all;
  });
  for (let d = precision.length - 2; d >= 0; d--) precision[d] = Math.max(precision[d] ?? 0, precision[d + 1] ?? 0);
  let [sum, d] = [0, 0];
  for (let point = 0; point < RECALL_POINTS; point++) {
    while (d < recall.length && (recall[d] ?? 0) < point / (RECALL_POINTS - 1)) d++;
    sum += precision[d] ?? 0;
  }
  return sum / RECALL_POINTS;
}
