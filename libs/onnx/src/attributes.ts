import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { toInt64 } from './int64.js';
import {
  AttributeProtoSchema,
  AttributeType,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from './proto.js';

/**
 * What a node builder accepts as an attribute: integers become INT(S), a {@link Float} wrapper or fractions FLOAT(S).
 */
export type AttributeValue =
  | number
  | bigint
  | string
  | boolean
  | readonly number[]
  | readonly string[]
  | Float
  | TensorProto
  | GraphProto;

/** Marks a number as a FLOAT attribute even when it is whole: `new Float(1)`. */
export class Float {
  constructor(readonly value: number | readonly number[]) {}
}

const utf8 = new TextEncoder();
const text = new TextDecoder();

function find(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

export function hasAttribute(node: NodeProto, name: string): boolean {
  return find(node, name) !== undefined;
}

/** An INT attribute, or `fallback` where the node does not set it. */
export function intAttribute(node: NodeProto, name: string, fallback: number): number {
  const attribute = find(node, name);
  return attribute ? Number(attribute.i) : fallback;
}

/** An INTS attribute, or `fallback`. */
export function intsAttribute(node: NodeProto, name: string, fallback: readonly number[] = []): number[] {
  const attribute = find(node, name);
  return attribute ? attribute.ints.map(Number) : [...fallback];
}

/** A FLOAT attribute, or `fallback`. */
export function floatAttribute(node: NodeProto, name: string, fallback: number): number {
  const attribute = find(node, name);
  return attribute ? attribute.f : fallback;
}

/** A FLOATS attribute, empty where the node does not set it. */
export function floatsAttribute(node: NodeProto, name: string): number[] {
  return [...(find(node, name)?.floats ?? [])];
}

/** A STRING attribute, or `fallback`. */
export function stringAttribute(node: NodeProto, name: string, fallback: string): string {
  const attribute = find(node, name);
  return attribute ? text.decode(attribute.s) : fallback;
}

/** A STRINGS attribute, empty where the node does not set it. */
export function stringsAttribute(node: NodeProto, name: string): string[] {
  return find(node, name)?.strings.map((value) => text.decode(value)) ?? [];
}

/** A TENSOR attribute, or undefined. */
export function tensorAttribute(node: NodeProto, name: string): TensorProto | undefined {
  return find(node, name)?.t;
}

/** Sets or replaces one attribute. */
export function setAttribute(node: NodeProto, name: string, value: AttributeValue): void {
  const attribute = makeAttribute(name, value);
  const at = node.attribute.findIndex((existing) => existing.name === name);
  if (at < 0) node.attribute.push(attribute);
  else node.attribute[at] = attribute;
}

/** An attribute whose ONNX type follows from the value's JavaScript type. */
export function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  return create(AttributeProtoSchema, { name, ...fieldsOf(value) } as MessageInitShape<typeof AttributeProtoSchema>);
}

/** The subgraphs a node holds (If, Loop, Scan), empty for ordinary nodes. */
export function subgraphs(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap((attribute) => (attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs));
}

function fieldsOf(value: AttributeValue): Partial<AttributeProto> {
  if (value instanceof Float) return floatFields(value.value);
  if (typeof value === 'boolean') return { type: AttributeType.INT, i: BigInt(value) };
  if (typeof value === 'bigint') return { type: AttributeType.INT, i: value };
  if (typeof value === 'string') return { type: AttributeType.STRING, s: utf8.encode(value) };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { type: AttributeType.INT, i: toInt64(value) } : floatFields(value);
  }
  if ('$typeName' in value) {
    return value.$typeName === 'onnx.TensorProto'
      ? { type: AttributeType.TENSOR, t: value }
      : { type: AttributeType.GRAPH, g: value };
  }
  return listFields(value);
}

function floatFields(value: number | readonly number[]): Partial<AttributeProto> {
  return typeof value === 'number'
    ? { type: AttributeType.FLOAT, f: value }
    : { type: AttributeType.FLOATS, floats: [...value] };
}

function listFields(value: readonly number[] | readonly string[]): Partial<AttributeProto> {
  if (typeof value[0] === 'string') {
    const strings = (value as readonly string[]).map((item) => utf8.encode(item));
    return { type: AttributeType.STRINGS, strings };
  }
  if (value.some((item) => !Number.isInteger(item))) return floatFields(value as readonly number[]);
  return { type: AttributeType.INTS, ints: (value as readonly number[]).map(toInt64) };
}
