import { create, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { ModelLimitError } from './errors.js';
import { MODEL_LIMITS } from './limits.js';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProtoSchema,
  type GraphProto,
  type ModelProto,
  type TensorProto,
} from './proto.js';

/** What is too large then: a pass may have made it so, of a model that was not. */
const WRITTEN = 'the model that was made of it';

/** Smaller raw data are not worth a part of their own. */
const MIN_PART_BYTES = 4096;

/**
 * The model as one file, the same bytes that protobuf would write; fields that this build does not know are written as
 * they were read. Weights are copied once: protobuf's own writer copies them at each level of nesting. Throws
 * ModelLimitError past 2 GiB.
 */
export function writeModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  const parts = modelParts(model);
  const [length, most] = [byteLength(parts), MODEL_LIMITS.modelBytes];
  if (length > most) throw new ModelLimitError('modelBytes', length, most, WRITTEN);
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function modelParts(model: ModelProto): Uint8Array[] {
  return partsAround(ModelProtoSchema, model, 'graph', model.graph ? [graphParts(model.graph)] : []);
}

function graphParts(graph: GraphProto): Uint8Array[] {
  return partsAround(GraphProtoSchema, graph, 'initializer', graph.initializer.map(tensorParts));
}

function tensorParts(tensor: TensorProto): Uint8Array[] {
  return tensor.rawData.length < MIN_PART_BYTES
    ? [toBinary(TensorProtoSchema, tensor)]
    : partsAround(TensorProtoSchema, tensor, 'rawData', [[tensor.rawData]]);
}

/**
 * A message whose field `name` is already in parts, one list per occurrence: the fields before it, it, and the fields
 * behind it.
 */
function partsAround<S extends DescMessage>(
  schema: S,
  message: MessageShape<S>,
  name: string,
  occurrences: Uint8Array[][],
): Uint8Array[] {
  const { number } = schema.field[name]!;
  const before = only(schema, message, (other) => other < number);
  const behind = only(schema, message, (other) => other > number);
  if (message.$unknown) behind.$unknown = message.$unknown;
  return [
    toBinary(schema, before),
    ...occurrences.flatMap((parts) => [lengthPrefix(number, byteLength(parts)), ...parts]),
    toBinary(schema, behind),
  ];
}

/** A shallow copy with some of the fields; the messages treated here have no oneofs. */
function only<S extends DescMessage>(
  schema: S,
  message: MessageShape<S>,
  keep: (number: number) => boolean,
): MessageShape<S> {
  const kept = schema.fields
    .filter((field) => keep(field.number) && Object.hasOwn(message, field.localName))
    .map((field) => field.localName);
  const source = message as unknown as Record<string, unknown>;
  return Object.assign(create(schema), Object.fromEntries(kept.map((name) => [name, source[name]])));
}

/** Tag and length of a length-delimited field (protobuf encoding, wire type 2). */
function lengthPrefix(number: number, length: number): Uint8Array {
  return Uint8Array.from([...varint(number * 8 + 2), ...varint(length)]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function byteLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
