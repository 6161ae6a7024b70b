import type { ExportOptions } from '#contracts';
import { bytesByType, type ModelProto } from '#onnx';

/** Element types that the own format of the runtime has no number for. */
const UNKNOWN_TO_ORT: ReadonlySet<string> = new Set(['int4', 'uint4', 'int2', 'uint2', 'float4e2m1']);

/** Weights may take so much more before it is told, and so many bytes: constants that were folded are no weights. */
const TOLD_RATIO = 1.1;
const TOLD_BYTES = 1024;

/** Why a graph cannot be written in the format that is asked for, with the way out; null where it can. */
export function unwritableWeights(model: ModelProto, { format }: ExportOptions): string | null {
  const packed = bytesByType(model).find(({ type }) => UNKNOWN_TO_ORT.has(type));
  if (format !== 'ort' || !packed) return null;
  return (
    `the format of the runtime holds no ${packed.type}, as ${packed.tensors} of the model's tensors are: ` +
    'choose format: onnx with optimization: none, or quantize to 8 bits'
  );
}

/** A sentence where optimizing wrote weights out that the model stores in fewer bytes; null where it did not. */
export function widenedWeights(model: ModelProto, optimized: ModelProto, options: ExportOptions): string | null {
  const [before, after] = [model, optimized].map(tensorBytes) as [number, number];
  if (after <= before * TOLD_RATIO + TOLD_BYTES) return null;
  const isWritable = unwritableWeights(model, options) === null;
  const wayOut = isWritable ? 'optimization: none' : 'format: onnx with optimization: none';
  return (
    `the weights take ${after} bytes, where the model has them in ${before}: optimizing turned what is stored as ` +
    `integers or halves into floats for good; ${wayOut} keeps it as it is stored`
  );
}

function tensorBytes(model: ModelProto): number {
  return bytesByType(model).reduce((sum, { bytes }) => sum + bytes, 0);
}
