import { formatBytes } from './metric-format.js';

/** Bytes of the largest model, with its weights: messages of protobuf end there, and so do files that Node reads. */
export const MAX_MODEL_BYTES = 2 ** 31 - 1;

/** What is said of a larger one; null where its bytes are not known, only that there are more. */
export function modelTooLarge(bytes: number | null, allowed = MAX_MODEL_BYTES, what = 'the model'): string {
  const size = bytes === null ? `more than ${allowed} bytes` : `${formatBytes(bytes)} (${bytes} bytes)`;
  return (
    `${what} has ${size} with its weights; one model has at most ${formatBytes(allowed)} (${allowed} bytes), as ` +
    'protobuf and ONNX Runtime read it: export its parts as models of their own, or choose a smaller one of its family'
  );
}
