import type { ModelMetrics, StageMetrics } from '#contracts';
import { inspectModel, readModel } from '#onnx';
import { compressedBytes } from './size.js';
import { weightBits } from './weight-bits.js';

/**
 * What a model's bytes alone tell: its three sizes, parameters and non-zeros. Throws OnnxError for what is no model.
 */
export async function modelMetrics(bytes: Uint8Array): Promise<ModelMetrics> {
  return { ...modelFigures(bytes), compressedBytes: await compressedBytes(bytes) };
}

/** The same but for the transfer size, which takes seconds where the others take milliseconds. Throws OnnxError. */
export function modelFigures(bytes: Uint8Array): StageMetrics {
  const model = readModel(bytes);
  const { parameters, nonZeros } = inspectModel(model);
  return { bytes: bytes.length, formatBits: weightBits(model), parameters, nonZeros };
}
