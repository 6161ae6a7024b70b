import { clone, fromBinary, toBinary } from '@bufbuild/protobuf';
import { checkModel } from './check-model.js';
import { InvalidModelError, ModelLimitError } from './errors.js';
import { MODEL_LIMITS, type ModelLimits } from './limits.js';
import { ModelProtoSchema, type ModelProto } from './proto.js';

export interface ReadOptions {
  limits?: Partial<ModelLimits>;
}

/**
 * Parses and checks an ONNX file. Tensors with external data keep their reference: read such a model with loadModel.
 * Throws InvalidModelError, UnsupportedModelError, InvalidTensorError or ModelLimitError, never anything else.
 */
export function readModel(bytes: Uint8Array, options: ReadOptions = {}): ModelProto {
  const limits = { ...MODEL_LIMITS, ...options.limits };
  const model = parseModel(bytes, limits);
  checkModel(model, limits);
  return model;
}

/** Parses the protobuf message alone, unchecked but for the size of the file. */
export function parseModel(bytes: Uint8Array, limits: ModelLimits): ModelProto {
  if (bytes.length === 0) throw new InvalidModelError('the file is empty');
  if (bytes.length > limits.modelBytes) throw new ModelLimitError('modelBytes', bytes.length, limits.modelBytes);
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new InvalidModelError('its bytes are not the protobuf message that .onnx files hold, or the file is truncated', { cause });
  }
}

/** Serialises a model; fields that this build does not know are written as they were read. */
export function writeModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  return toBinary(ModelProtoSchema, model);
}

/** A deep copy, so that edits of one do not reach the other. */
export function cloneModel(model: ModelProto): ModelProto {
  return clone(ModelProtoSchema, model);
}
