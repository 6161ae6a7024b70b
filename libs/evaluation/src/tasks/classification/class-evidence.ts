/** What is kept of the answers of a classifier: per sample, and per sample and class. */
export interface ClassEvidence {
  /** Scores of a sample. */
  width: number;
  labels: Int32Array;
  /** Class of the highest score; {@link NO_ANSWER} where a score is not a number. */
  predicted: Int32Array;
  /** How many classes score higher than the label; -1 for a score that is not a number. */
  ranks: Int32Array;
  /** Probability of the predicted class; NaN where there is none. */
  confidence: Float32Array;
  /**
   * What ranks the samples by class, [samples, width]: probabilities, or log-odds where scores are logits. Null where
   * there are too many.
   */
  scores: Float32Array | null;
}

/** The answer to a sample of which a score is not a number. */
export const NO_ANSWER = -1;

/** Why figures of answers cannot be had; null where they can. */
export function unanswered({ predicted }: ClassEvidence): string | null {
  return predicted.includes(NO_ANSWER) ? 'scores of some samples are not numbers' : null;
}
