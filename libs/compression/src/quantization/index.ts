export type { Batches } from '../calibration-data.js';
export { calibrate, type CalibrationOptions } from './calibration/calibrate.js';
export { quantizeModel } from './schemes/quantize-model.js';
export type { QuantizeReport } from './report.js';
