import { nodeLabel } from '#onnx';
import { storeAside } from '../emit/store-aside.js';
import { WeightStore } from '../emit/weight-store.js';
import type { StaticWork } from './static-work.js';

/** Stores tables and recurrent weights, a row for each. */
export function storeNodesAside(work: StaticWork): void {
  work.aside = storeAside(work.plan, work.options);
  work.rows.push(...work.aside.map(({ node, report }) => ({ node, report })));
}

/**
 * Stores the layers' weights in order of the graph, a row for each; what was stored otherwise than asked for is told.
 */
export async function storeWeights(work: StaticWork): Promise<void> {
  const { graph, options, run, inWork, mixed } = work;
  const { rounding, biases } = work.refinements;
  const store = new WeightStore(graph, { ...options, random: work.random }, rounding, biases);
  for (const [i, { layer, opType, inputScale, inputSaturation }] of inWork.entries()) {
    const { node, input } = layer;
    const label = nodeLabel(node);
    const bits = layer.bits ?? mixed?.chosen.bits[label] ?? options.weightBits;
    const stored = await store.quantize(layer, bits, inputScale);
    work.rows.push({ node, report: { node: label, opType, input, inputSaturation, ...stored } });
    run.onLayer?.(i + 1, inWork.length);
  }
  work.skipped.push(...store.skipped, ...rounding.skipped, ...biases.skipped);
}
