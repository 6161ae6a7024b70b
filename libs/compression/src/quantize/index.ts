export { calibrate, type Batches, type CalibrationOptions } from './calibrate.js';
export { quantizeModel, type QuantizeReport } from './quantize-model.js';
