import { leftAlone } from '../../left-alone.js';
import type { Skipped } from '#contracts';
import type { Graph, NodeProto } from '#onnx';
import { channelPeaks, scaleChannels } from './channel-scales.js';
import type { Layer } from '../layers/layers.js';
import { findScaleSites, type ScaleSite } from './scale-sites.js';

/** Rounds over all pairs: a chain of layers settles like a row of springs. */
const MAX_ROUNDS = 20;

/** Largest factor of a round at which the chain counts as settled. */
const SETTLED = 1.01;

/**
 * Cross-layer equalization (Nagel et al. 2019, section 4.1): the range of each channel becomes the same in the layer
 * that makes it and in the one that reads it, s = √(r₁ / r₂), so that one scale per tensor serves all channels. The
 * model's function stays the same.
 *
 *     Conv(X, W₁, b₁) -> Relu -> Conv(W₂)   becomes   Conv(X, W₁ / s, b₁ / s) -> Relu -> Conv(W₂ · s)
 *
 * Changes the weights in place and returns the layers whose input could not be equalized.
 */
export function equalizeLayers(graph: Graph, layers: readonly Layer[]): Skipped[] {
  const { sites, skipped } = findScaleSites(graph, layers);
  const pairs = sites.filter(({ producerWeight }) => producerWeight !== null);
  for (let round = 0, largest = Infinity; round < MAX_ROUNDS && largest > SETTLED; round++) {
    largest = Math.max(1, ...pairs.map((site) => balance(graph, site)));
  }
  const withoutWeight = sites.filter(({ producerWeight }) => producerWeight === null);
  return [
    ...skipped.map(({ reason, ...rest }) => ({ ...rest, reason: `its input is not equalized: ${reason}` })),
    ...withoutWeight.flatMap(({ readers, producer }) =>
      readers.map(({ layer: { node } }) => leftAlone(node, withoutWeights(producer))),
    ),
  ];
}

function withoutWeights({ opType }: NodeProto): string {
  return `its input is not equalized: ${opType} has no weights to balance with; smoothing takes it`;
}

/** Equalizes one site and returns how far its channels were moved at most, as a factor of 1 or more. */
function balance(graph: Graph, site: ScaleSite): number {
  const made = channelPeaks(graph, site.channels, [site.producerWeight!]);
  const read = channelPeaks(
    graph,
    site.channels,
    site.readers.map(({ weight }) => weight),
  );
  // A dead channel has nothing to balance.
  const between = (peak: number, other: number) => (peak > 0 && other > 0 ? Math.sqrt(peak / other) : 1);
  const factors = made.map((peak, channel) => between(peak, read[channel]!));
  scaleChannels(graph, site, factors);
  return factors.reduce((largest, factor) => Math.max(largest, factor, 1 / factor), 1);
}
