import { elementCount, floatAttribute, tensorToFloats, type Graph } from '#onnx';
import { activatedOutput } from '../emit/int8-readers.js';
import type { Layer } from '../layers/layers.js';
import type { ProductShape } from '../layers/patches.js';

/**
 * The layer's bias where a Relu follows, so that errors below zero do not count; null where the bare product is
 * compared.
 */
export function rectifiedBias(
  graph: Graph,
  { node, bias }: Layer,
  { groups, columns }: ProductShape,
): Float32Array | null {
  if (activatedOutput(graph, node) === node.output[0] || floatAttribute(node, 'alpha', 1) !== 1) return null;
  if (!node.input[2]) return new Float32Array(groups * columns);
  const tensor = bias ? graph.initializer(bias) : undefined;
  return tensor && elementCount(tensor.dims) === groups * columns ? tensorToFloats(tensor) : null;
}
