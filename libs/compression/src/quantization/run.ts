import type { Batches } from '../calibration-data.js';
import type { CalibrationRun } from './calibration/calibrate.js';
import type { Plan } from './layers/plan.js';
import type { Evidence } from './mixed/evidence.js';

/** How a run of the pass is seeded and measured. */
export interface QuantizationRun extends CalibrationRun {
  seed: number;
  /** What mixed precision judges widths by; the calibration batches by default. */
  evidence?: Evidence;
  /**
   * What the result is judged on; the calibration batches, which it is fitted to, where there is none. With null its
   * layers are not judged.
   */
  heldOut?: Batches | null;
  /** Size of the model's file before. */
  floatBytes?: number;
  /** Called after the weights of each layer are stored. */
  onLayer?: (done: number, total: number) => void;
}

/** Calibration data of a plan's model, asked for by the schemes that need some. */
export type BatchesOf = (plan: Plan) => Batches;
