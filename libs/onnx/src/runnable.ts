import { MODEL_LIMITS } from './limits.js';
import { bodyOpset, opsetVersion } from './opset.js';
import { acceptModel, parseModel } from './read.js';
import { writeModel } from './write.js';

/**
 * A model file that the runtime loads: the same bytes, but for a model whose functions are of another opset than it is itself, which the runtime refuses
 * and which is given with its functions inlined. Throws an OnnxError.
 */
export function runnableBytes(bytes: Uint8Array): Uint8Array {
  const model = parseModel(bytes, MODEL_LIMITS);
  const opset = opsetVersion(model);
  if (model.functions.every((body) => (bodyOpset(body) ?? opset) === opset)) return bytes;
  acceptModel(model, MODEL_LIMITS);
  return writeModel(model);
}
