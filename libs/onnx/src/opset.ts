import { UnsupportedModelError } from './errors.js';
import type { ModelProto } from './proto.js';

/** Versions that this build reads: what onnxruntime 1.30 loads. */
export const MIN_OPSET = 7;
export const MAX_OPSET = 26;
export const MIN_IR_VERSION = 3;
export const MAX_IR_VERSION = 13;

/** Operator domains whose kernels are built into onnxruntime; '' and 'ai.onnx' are the same. */
export const KNOWN_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

/** The version that a model imports of a domain, 0 when it does not. */
export function opsetVersion(model: ModelProto, domain = ''): number {
  const found = model.opsetImport.find((entry) => entry.domain === domain || (domain === '' && entry.domain === 'ai.onnx'));
  return Number(found?.version ?? 0n);
}

/** Throws UnsupportedModelError when the model's IR version or opset is not one that the runtime loads. */
export function checkVersions(model: ModelProto): void {
  const ir = Number(model.irVersion);
  if (ir < MIN_IR_VERSION || ir > MAX_IR_VERSION) {
    throw new UnsupportedModelError(`IR version ${ir}`, `export with IR version ${MIN_IR_VERSION} to ${MAX_IR_VERSION}`);
  }
  const opset = opsetVersion(model);
  if (opset < MIN_OPSET || opset > MAX_OPSET) {
    throw new UnsupportedModelError(opset === 0 ? 'the model imports no standard opset' : `opset ${opset}`, `export with opset ${MIN_OPSET} to ${MAX_OPSET}`);
  }
}
