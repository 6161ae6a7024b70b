import { clone, fromBinary } from '@bufbuild/protobuf';
import { checkModel } from './check-model.js';
import { InvalidModelError, ModelLimitError } from './errors.js';
import { distinctLabels } from './distinct-labels.js';
import { inlineFunctions } from './inline-functions.js';
import { MODEL_LIMITS, type ModelLimits } from './limits.js';
import { useStandardName } from './opset.js';
import { ModelProtoSchema, type ModelProto } from './proto.js';

export interface ReadOptions {
  limits?: Partial<ModelLimits>;
}

/** How {@link loadModel} reads a file. */
export interface LoadOptions extends ReadOptions {
  /** Whether the model is one file: external data are then refused, whatever lies beside it. */
  alone?: boolean;
}

/**
 * Parses and checks an ONNX file whose tensors are all inside it (see loadModel for external data). Tensors stay views
 * of `bytes`, which must not change afterwards; fields that this build does not know are kept. Throws an OnnxError,
 * never anything else.
 */
export function readModel(bytes: Uint8Array, options: ReadOptions = {}): ModelProto {
  const limits = { ...MODEL_LIMITS, ...options.limits };
  const model = parseModel(bytes, limits);
  acceptModel(model, limits);
  return model;
}

/**
 * Checks a parsed model whose tensors are in memory, and brings it in place into the form that the library works on:
 * without functions, its nodes told apart.
 */
export function acceptModel(model: ModelProto, limits: ModelLimits): void {
  checkModel(model, limits);
  if (model.functions.length > 0) {
    inlineFunctions(model, limits);
    checkModel(model, limits);
  }
  distinctLabels(model);
}

/** Parses the protobuf message alone, checking only the file's size and the depth of its messages. */
export function parseModel(bytes: Uint8Array, limits: ModelLimits): ModelProto {
  if (bytes.length === 0) throw new InvalidModelError('the file is empty');
  if (bytes.length > limits.modelBytes) throw new ModelLimitError('modelBytes', bytes.length, limits.modelBytes);
  // Slices of a Buffer share its memory, so that tensors must not be Buffers: cloneModel copies by slice.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const model = fromBinary(ModelProtoSchema, plain, { readUnknownFields: true, recursionLimit: limits.messageDepth });
    useStandardName(model);
    return model;
  } catch (cause) {
    if (cause instanceof Error && cause.message.includes('recursion depth'))
      throw new ModelLimitError('messageDepth', limits.messageDepth + 1, limits.messageDepth);
    throw new InvalidModelError(
      'its bytes are not the protobuf message that .onnx files hold, or the file is truncated',
      { cause },
    );
  }
}

/** A deep copy, so that edits of one do not reach the other. */
export function cloneModel(model: ModelProto): ModelProto {
  return clone(ModelProtoSchema, model);
}

/**
 * A copy that shares the numbers of its stored tensors with the original, for edits that put other tensors in their place
 * and write into none: a deep copy of a large model costs more than what is done to it.
 */
export function copyStructure(model: ModelProto): ModelProto {
  if (!model.graph) return cloneModel(model);
  const { initializer } = model.graph;
  const copy = cloneModel({ ...model, graph: { ...model.graph, initializer: [] } });
  copy.graph!.initializer = [...initializer];
  return copy;
}
