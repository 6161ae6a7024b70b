import { leftAlone } from '../../left-alone.js';
import type { Skipped } from '#contracts';
import { tensorDims, tensorToFloats, type Graph, type NodeProto } from '#onnx';
import { channelLayout, channelMaxima } from '../grid/arithmetic.js';
import { activatedOutput, Int8Readers } from '../emit/int8-readers.js';
import { isWeighted, type Layer, type Selection } from './layers.js';

/** Ratio of two channels' sizes from which one uint8 grid leaves the smaller of them two steps and less. */
const OTHER_ORDER = 100;

/**
 * Leaves the last convolutions float where they end in floats and their output channels are of different order, as a
 * head that gives positions in pixels and scores in one: the runtime's int8 kernel gives no floats, so that one grid
 * would have to hold both. Products end in floats by themselves. A layer that the options name a width for is quantized
 * all the same.
 */
export function floatMixedEnds(graph: Graph, { layers, skipped }: Selection): Selection {
  const readers = new Int8Readers(
    graph,
    layers.filter(({ isWeightsOnly }) => !isWeightsOnly),
  );
  const isLeft = (layer: Layer) =>
    layer.node.opType === 'Conv' &&
    layer.bits === undefined &&
    !layer.isWeightsOnly &&
    !readers.want(activatedOutput(graph, layer.node)) &&
    isMixed(graph, layer) &&
    isLast(graph, layer.node);
  const left = layers.filter(isLeft);
  return {
    layers: layers.filter((layer) => !left.includes(layer)),
    skipped: [...skipped, ...left.map(({ node }): Skipped => leftAlone(node, REASON))],
  };
}

/**
 * Whether no other weighted node reads what a layer gives, however far behind: ahead of one the sizes of channels are
 * the net's own affair.
 */
function isLast(graph: Graph, layer: NodeProto): boolean {
  const seen = new Set<NodeProto>([layer]);
  const ahead = [layer];
  for (let node = ahead.pop(); node; node = ahead.pop()) {
    for (const reader of node.output.flatMap((value) => graph.consumers(value).map((use) => use.node))) {
      if (isWeighted(graph, reader)) return false;
      if (!seen.has(reader)) ahead.push(reader);
      seen.add(reader);
    }
  }
  return true;
}

const REASON =
  'its output channels are of different order, and the int8 kernel would put them on one grid: name it in ' +
  'weightsOnly, or give it a width in layerBits';

/**
 * Whether the largest of what a channel multiplies by or adds is far from that of another. Channels of zeros have no
 * order.
 */
function isMixed(graph: Graph, { weight, axis, bias }: Layer): boolean {
  const tensor = graph.initializer(weight);
  if (!tensor) return false;
  const maxima = channelMaxima(tensorToFloats(tensor), channelLayout(tensorDims(tensor), axis));
  const added = bias ? graph.initializer(bias) : undefined;
  const biases = added ? tensorToFloats(added) : new Float32Array(maxima.length);
  const sizes = [...maxima]
    .map((most, channel) => Math.max(most, Math.abs(biases[channel] ?? 0)))
    .filter((size) => size > 0);
  return Math.max(...sizes) > OTHER_ORDER * Math.min(...sizes);
}
