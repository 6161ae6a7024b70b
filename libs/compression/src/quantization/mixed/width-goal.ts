import type { QuantizeOptions } from '#contracts';
import { cloneModel, elementCount, Graph, writeModel, elementOf } from '#onnx';
import type { WidthGoal } from './choose-widths.js';
import { MixedPrecisionError } from '../errors.js';
import { stored } from './mixed-precision.js';
import type { Layer } from '../layers/layers.js';
import { WeightStore, type WeightStoreOptions } from '../emit/weight-store.js';

/** Narrowest width there is to choose. */
const LEAST_BITS = 2;

/**
 * The goal as widths are chosen by it. A share of the bytes becomes an average width: a copy of the model is stored at
 * 2 bits everywhere, and what it takes beside its weights is spoken for. Throws MixedPrecisionError when even that copy
 * is too large.
 */
export async function widthGoal(
  mixed: NonNullable<QuantizeOptions['mixed']>,
  graph: Graph,
  layers: readonly Layer[],
  floatBytes: number,
  options: WeightStoreOptions,
): Promise<WidthGoal> {
  if (mixed.averageBits !== undefined) return { averageBits: mixed.averageBits };
  if (mixed.minSnrDb !== undefined) return { minSnrDb: mixed.minSnrDb };
  if (mixed.maxDrop !== undefined) return { maxDrop: mixed.maxDrop };
  const limit = Math.floor(mixed.bytes! * floatBytes);
  const least = await bytesAtLeastWidth(graph, layers, options);
  const elements = new Map(
    layers.map(({ weight, bits }) => [
      weight,
      { count: elementCount(graph.tensor(weight).dims), bits: stored(bits ?? LEAST_BITS) },
    ]),
  );
  const total = [...elements.values()].reduce((sum, { count }) => sum + count, 0);
  const leastBits = [...elements.values()].reduce((sum, { count, bits }) => sum + count * bits, 0);
  const leastAverage = leastBits / total;
  if (least > limit)
    throw new MixedPrecisionError(
      `at the least widths the file takes ${least} bytes, ${(least / floatBytes).toFixed(3)} of before, and ` +
        `${mixed.bytes} is asked for`,
    );
  return { averageBits: Math.min(8, leastAverage + ((limit - least) * 8) / total) };
}

async function bytesAtLeastWidth(graph: Graph, layers: readonly Layer[], options: WeightStoreOptions): Promise<number> {
  const copy = new Graph(cloneModel(graph.model));
  const store = new WeightStore(copy, options);
  for (const layer of layers) {
    const node = elementOf(copy.nodes, graph.nodes.indexOf(layer.node), 'nodes');
    await store.quantize({ ...layer, node }, layer.bits ?? LEAST_BITS, 1);
  }
  copy.removeDeadCode();
  return writeModel(copy.model).length;
}
