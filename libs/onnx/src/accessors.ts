import { GraphError } from './errors.js';
import type { NodeProto } from './proto.js';

/** A node's name, or its first output that anybody may read where the exporter gave it none. */
export function nodeLabel({ name, output, opType }: Pick<NodeProto, 'name' | 'output' | 'opType'>): string {
  return name || output.find((value) => value !== '') || opType;
}

/** An input that a node must have, by position. Throws GraphError with the node's name where the list is shorter. */
export function inputOf(node: NodeProto, index: number): string {
  const value = node.input[index];
  if (value === undefined) throw new GraphError(`${node.opType} "${nodeLabel(node)}" has no input ${index}`);
  return value;
}

/** An output that a node must have, by position. Throws GraphError with the node's name where the list is shorter. */
export function outputOf(node: NodeProto, index = 0): string {
  const value = node.output[index];
  if (value === undefined) throw new GraphError(`${node.opType} "${nodeLabel(node)}" has no output ${index}`);
  return value;
}

/** An extent that a shape must have. Throws GraphError with the shape. */
export function dimOf<D extends number | bigint>(dims: readonly D[], axis: number): D {
  const dim = dims[axis];
  if (dim === undefined) throw new GraphError(`a shape [${dims.join(', ')}] has no axis ${axis}`);
  return dim;
}

/**
 * The entry of a name that must be there, such as the range of a value. Throws GraphError with what was asked for of
 * what.
 */
export function known<K, T>(entries: ReadonlyMap<K, T>, name: K, what: string): T {
  const entry = entries.get(name);
  if (entry === undefined) throw new GraphError(`${what}: there is nothing for "${String(name)}"`);
  return entry;
}

/** An element that a list must have. Throws GraphError with what the list holds. */
export function elementOf<T>(
  list: { readonly [index: number]: T; readonly length: number },
  index: number,
  what: string,
): T {
  const element = list[index];
  if (element === undefined) throw new GraphError(`${what}: there is nothing at ${index} of ${list.length}`);
  return element;
}
