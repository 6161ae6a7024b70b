import { floatTensor, tensorDims, tensorToFloats, type Graph } from '#onnx';
import type { ScaledConstant } from './producer-scaling.js';
import type { ScaleSite } from './scale-sites.js';

/**
 * Divides a site's channels by the factors where they are made and multiplies them back in the weights that read them.
 */
export function scaleChannels(graph: Graph, { divided, readers }: ScaleSite, factors: Float64Array): void {
  for (const constant of divided) change(graph, constant, (value, channel) => value / factors[channel]!);
  for (const { weight } of readers) change(graph, weight, (value, channel) => value * factors[channel]!);
}

function change(
  graph: Graph,
  { name, channelOf }: ScaledConstant,
  scaled: (value: number, channel: number) => number,
): void {
  const tensor = graph.tensor(name);
  const values = tensorToFloats(tensor).map((value, i) => scaled(value, channelOf(i)));
  graph.replaceInitializer(floatTensor(name, tensorDims(tensor), values));
}

/** Largest magnitude per channel over several constants. */
export function channelPeaks(graph: Graph, channels: number, constants: readonly ScaledConstant[]): Float64Array {
  const peaks = new Float64Array(channels);
  for (const { name, channelOf } of constants) {
    tensorToFloats(graph.tensor(name)).forEach((value, i) => {
      const channel = channelOf(i);
      peaks[channel] = Math.max(peaks[channel]!, Math.abs(value));
    });
  }
  return peaks;
}
