import { fitsPattern } from '#contracts';
import { nodeLabel, type NodeProto } from '#onnx';
import { UnknownLayerError } from './errors.js';

export { entryFor, fitsPattern } from '#contracts';

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
