import { distinctLabels } from './distinct-labels.js';
import { MODEL_LIMITS } from './limits.js';
import { bodyOpset, opsetVersion } from './opset.js';
import { acceptModel, parseModel } from './read.js';
import { writeModel } from './write.js';

/**
 * A model file that the runtime loads: the same bytes, but for what the runtime refuses and passes do not: functions of
 * another opset than the model, which are inlined, and nodes of one name, which get names of their own. Throws an
 * OnnxError.
 */
export function runnableBytes(bytes: Uint8Array): Uint8Array {
  const model = parseModel(bytes, MODEL_LIMITS);
  const opset = opsetVersion(model);
  const isOfOneOpset = model.functions.every((body) => (bodyOpset(body) ?? opset) === opset);
  if (distinctLabels(model) === 0 && isOfOneOpset) return bytes;
  acceptModel(model, MODEL_LIMITS);
  return writeModel(model);
}
