import { create } from '@bufbuild/protobuf';
import { allTensors, DataLocation, StringStringEntryProtoSchema, type ModelProto } from '#onnx';

/** Tensors of fewer bytes stay in the model, as the tools of ONNX leave them. */
const LEAST_BYTES = 1024;
/** Where a tensor may begin, so that the file can be mapped into memory. */
const ALIGNMENT = 4096;

/**
 * Moves the weights of a model into one block of bytes, a file of that name beside it; null where none is large enough.
 */
export function moveDataOut(model: ModelProto, location: string): Uint8Array | null {
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of allTensors(model)) {
    const { rawData } = tensor;
    if (rawData.length < LEAST_BYTES) continue;
    const padding = (ALIGNMENT - (offset % ALIGNMENT)) % ALIGNMENT;
    parts.push(new Uint8Array(padding), rawData);
    const entries = { location, offset: offset + padding, length: rawData.length };
    const entryOf = (key: string, value: unknown) =>
      create(StringStringEntryProtoSchema, { key, value: String(value) });
    tensor.externalData = Object.entries(entries).map(([key, value]) => entryOf(key, value));
    tensor.dataLocation = DataLocation.EXTERNAL;
    tensor.rawData = new Uint8Array();
    offset += padding + rawData.length;
  }
  return parts.length === 0 ? null : Buffer.concat(parts);
}
