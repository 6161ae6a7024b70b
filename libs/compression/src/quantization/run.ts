import type { Batches } from '../calibration-data.js';
import type { CalibrationRun } from './calibration/calibrate.js';
import type { Plan } from './layers/plan.js';
import type { Work } from '../work.js';
import type { WidthEvidence } from './mixed/evidence.js';

/** How a run of the pass is seeded and measured. */
export interface QuantizationRun extends CalibrationRun {
  seed: number;
  /** What mixed precision judges widths by; the calibration batches by default. */
  evidence?: WidthEvidence;
  /**
   * What the result is judged on; the calibration batches, which it is fitted to, where there is none. With null its
   * layers are not judged.
   */
  heldOut?: Batches | null;
  /** Size of the model's file before. */
  floatBytes?: number;
}

/**
 * Where each step ends, as a share of the work. Shares are of the usual case: a step that there is none of is passed
 * over.
 */
export const DONE_BY = {
  smoothing: 0.1,
  methods: 0.35,
  calibration: 0.5,
  statistics: 0.6,
  sensitivity: 0.75,
  widths: 0.8,
  weights: 0.9,
  layers: 0.93,
  outputs: 0.96,
  times: 1,
} as const;

/** Calibration data of a plan's model, asked for by the schemes that need some; walks over it are told to `work`. */
export type BatchesOf = (plan: Plan, work?: Work) => Batches;
