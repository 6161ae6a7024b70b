export { calibrate, type Batches, type CalibrationOptions } from './calibration/calibrate.js';
export { quantizeModel, type QuantizeReport } from './schemes/quantize-model.js';
