export type { Batches } from '../calibration-data.js';
export { calibrate, type CalibrationOptions } from './calibration/calibrate.js';
export { quantizeModel, type QuantizeReport } from './schemes/quantize-model.js';
