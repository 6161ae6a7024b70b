/** Left, top, right and bottom. */
export type Box = readonly [number, number, number, number];

/** A box with how sure the model is of what it shows. */
export interface Detection {
  box: Box;
  score: number;
  class: number;
}

/** Whether a box enters the figures: one whose score is no number does, so that it is told and not lost. */
export const isCandidate = (score: number, scoreThreshold: number): boolean => !(score < scoreThreshold);

/** Whether score, class and corners are all numbers. */
export const isKnown = ({ box, score, class: number }: Detection): boolean =>
  !Number.isNaN(score) && !Number.isNaN(number) && !box.some(Number.isNaN);

/** Centre and size as corners. */
export function fromCentre(x: number, y: number, width: number, height: number): Box {
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/** Area that two boxes share over the area that they cover: 0..1. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

/** Area that a box shares with a crowd over its own: 0..1. */
export function shareWithin(box: Box, crowd: Box): number {
  const width = Math.min(box[2], crowd[2]) - Math.max(box[0], crowd[0]);
  const height = Math.min(box[3], crowd[3]) - Math.max(box[1], crowd[1]);
  return width <= 0 || height <= 0 ? 0 : (width * height) / area(box);
}

function area([left, top, right, bottom]: Box): number {
  return Math.max(0, right - left) * Math.max(0, bottom - top);
}
