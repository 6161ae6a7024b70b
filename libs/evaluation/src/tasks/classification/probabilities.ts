/** Whether scores are probabilities already, or logits: of one column by the logistic function, of more by softmax. */
export type ScoreKind = 'probabilities' | 'logits';

/** How far the sum of probabilities may be from 1 in floats. */
const SUM_TOLERANCE = 1e-3;

/**
 * What the scores of all models are, told by all of the baseline's: all within 0..1, and several of a sample summing
 * to 1. A narrower model's may not, by rounding; a single logit within 0..1 says nothing of the next one.
 */
export class ScoreForm {
  private found: ScoreKind = 'probabilities';

  get kind(): ScoreKind {
    return this.found;
  }

  /** Looks at `size` more samples of the baseline. */
  look(scores: ArrayLike<number>, size: number): void {
    if (this.found === 'probabilities') this.found = scoreKind(scores, size);
  }
}

function scoreKind(scores: ArrayLike<number>, size: number): ScoreKind {
  const width = scores.length / size;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let c = 0; c < width; c++) {
      const score = scores[i * width + c] ?? NaN;
      if (!(score >= 0 && score <= 1)) return 'logits';
      sum += score;
    }
    if (width > 1 && Math.abs(sum - 1) > SUM_TOLERANCE) return 'logits';
  }
  return 'probabilities';
}

/** The score of class 1 as scores of two classes; wider ones as they are. */
export function twoColumns(scores: ArrayLike<number>, size: number, kind: ScoreKind): ArrayLike<number> {
  if (scores.length !== size) return scores;
  const pairs = new Float64Array(2 * size);
  for (let i = 0; i < size; i++) {
    const score = scores[i] ?? NaN;
    pairs[2 * i] = kind === 'logits' ? 0 : 1 - score;
    pairs[2 * i + 1] = score;
  }
  return pairs;
}

/** The probabilities of rows of `width` scores. */
export function probabilitiesOf(scores: ArrayLike<number>, width: number, kind: ScoreKind): Float32Array {
  const probabilities = Float32Array.from(scores);
  if (kind === 'logits')
    for (let row = 0; row < scores.length; row += width) softmaxRow(probabilities, scores, row, width);
  return probabilities;
}

function softmaxRow(into: Float32Array, scores: ArrayLike<number>, offset: number, width: number): void {
  let highest = -Infinity;
  for (let c = 0; c < width; c++) highest = Math.max(highest, scores[offset + c] ?? NaN);
  let sum = 0;
  for (let c = 0; c < width; c++) sum += Math.exp((scores[offset + c] ?? NaN) - highest);
  for (let c = 0; c < width; c++) into[offset + c] = Math.exp((scores[offset + c] ?? NaN) - highest) / sum;
}

/**
 * Log-odds log p / (1 - p) of each class in rows of logits: in the order of the probabilities, and unlike those never
 * equal for being near 1.
 */
export function logOddsOf(logits: ArrayLike<number>, width: number): Float32Array {
  const odds = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += width) logOddsRow(odds, logits, row, width);
  return odds;
}

function logOddsRow(into: Float32Array, logits: ArrayLike<number>, offset: number, width: number): void {
  const at = (c: number) => logits[offset + c] ?? NaN;
  let best = 0;
  for (let c = 1; c < width; c++) if (at(c) > at(best)) best = c;
  let [second, all] = [-Infinity, 0];
  for (let c = 0; c < width; c++) {
    if (c !== best) second = Math.max(second, at(c));
    all += Math.exp(at(c) - at(best));
  }
  let others = 0;
  for (let c = 0; c < width; c++) if (c !== best) others += Math.exp(at(c) - second);
  for (let c = 0; c < width; c++) {
    const rest = c === best ? second + Math.log(others) : at(best) + Math.log(all - Math.exp(at(c) - at(best)));
    into[offset + c] = at(c) - rest;
  }
}
