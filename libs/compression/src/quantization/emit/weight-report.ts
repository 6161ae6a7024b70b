/** What a layer's weight became, for the report. */
export interface WeightReport {
  bits: number;
  scaleMin: number;
  scaleMax: number;
  /** Signal to noise of the stored weight, dB; null when nothing was lost, undefined where it has no value. */
  weightSnrDb: number | null | undefined;
}
