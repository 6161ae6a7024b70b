import { nodeLabel, type NodeProto } from '#onnx';
import { UnknownLayerError } from './errors.js';

/** Whether a name fits a pattern, in which * stands for any characters. */
export function fitsPattern(pattern: string, name: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's').test(name);
}

/** What a record says of a name: its own entry, else that of the first pattern that fits. */
export function entryFor<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name)
    ? record[name]
    : Object.entries(record).find(([pattern]) => fitsPattern(pattern, name))?.[1];
}

/** Throws UnknownLayerError for a name or pattern of an option that fits none of the layers. */
export function checkNames(patternsOf: Readonly<Record<string, readonly string[]>>, layers: readonly string[]): void {
  for (const [option, patterns] of Object.entries(patternsOf)) {
    const unknown = patterns.find((pattern) => !layers.some((layer) => fitsPattern(pattern, layer)));
    if (unknown !== undefined) throw new UnknownLayerError(option, unknown, layers);
  }
}

/** Whether one of the names or patterns means the node. */
export function isNamed(node: NodeProto, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => fitsPattern(pattern, nodeLabel(node)));
}
