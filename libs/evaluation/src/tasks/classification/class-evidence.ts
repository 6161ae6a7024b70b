/** What is kept of the answers of a classifier: per sample, and per sample and class. */
export interface ClassEvidence {
  /** Scores of a sample. */
  width: number;
  labels: Int32Array;
  predicted: Int32Array;
  /** How many classes score higher than the label; -1 for a score that is not a number. */
  ranks: Int32Array;
  /** Probability of the predicted class. */
  confidence: Float32Array;
  /** Probabilities [samples, width]; null where there are too many. */
  scores: Float32Array | null;
}
