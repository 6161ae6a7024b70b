import type { ModelMetrics } from '#contracts';
import { inspectModel, readModel } from '#onnx';
import { compressedBytes } from './size.js';
import { weightBits } from './weight-bits.js';

/** What a model's bytes alone tell: its three sizes, parameters and non-zeros. Throws OnnxError for what is no model. */
export async function modelMetrics(bytes: Uint8Array): Promise<ModelMetrics> {
  const model = readModel(bytes);
  const { parameters, nonZeros } = inspectModel(model);
  return { bytes: bytes.length, compressedBytes: await compressedBytes(bytes), formatBits: weightBits(model), parameters, nonZeros };
}
