import { activationWidths, weightWidths, type QuantizeOptions } from '#contracts';
import { Graph, liftOpset, type ModelProto } from '#onnx';
import { liftConstants } from '../../rewrites/constants.js';
import { foldConstants } from '../../rewrites/fold-constants.js';
import { computesInHalves, raiseHalves, type RaisedHalves } from '../../rewrites/raise-halves.js';
import { STATISTICS_OPSET } from '../calibration/statistics.js';
import { storedBits } from '../grid/weight-grid.js';
import { isLayerOpType } from './layers.js';

/**
 * Makes a model ready to be planned, in place: lifts it to the opset that the options need, makes its constants
 * initializers and what computes in float16 float32, which integers meet; returns what was raised so. Throws
 * UnsupportedModelError when it cannot be lifted.
 */
export function prepare(model: ModelProto, options: QuantizeOptions): RaisedHalves | null {
  liftOpset(model, neededOpset(options));
  liftConstants(new Graph(model));
  const isRaised = options.scheme !== 'float16' && computesInHalves(model, isLayerOpType);
  return isRaised ? raiseHalves(new Graph(model)) : null;
}

/**
 * The same with a run of what depends on constants alone: weights that are computed from them become layers' weights
 * like any other.
 */
export async function prepareFolded(model: ModelProto, options: QuantizeOptions): Promise<RaisedHalves | null> {
  const raised = prepare(model, options);
  await foldConstants(new Graph(model));
  return raised;
}

/** Types came late: INT4 and UINT4, and Q/DQ of UINT16, with opset 21, INT2 and UINT2 with 25. */
export function neededOpset(options: QuantizeOptions): number {
  if (options.mixed) return 25;
  const given = weightWidths(options.encodings).filter((bits) => bits === 4 || bits === 3 || bits === 2);
  const widths = [options.weightBits, ...Object.values(options.layerBits), ...given].map((weightBits) =>
    storedBits({ ...options, weightBits }),
  );
  const forWeights = { 8: STATISTICS_OPSET, 4: 21, 2: 25 }[Math.min(...widths) as 8 | 4 | 2];
  const ofActivations = [...Object.values(options.layerActivationBits), ...activationWidths(options.encodings)];
  const hasWideActivations = [options.activationBits, ...ofActivations].includes(16);
  return hasWideActivations ? Math.max(21, forWeights) : forWeights;
}
