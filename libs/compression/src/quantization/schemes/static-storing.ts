import { elementOf, nodeLabel } from '#onnx';
import { storeAside } from '../emit/store-aside.js';
import { WeightStore } from '../emit/weight-store.js';
import { DONE_BY } from '../run.js';
import { quantizeWeights } from '../emit/weights-in-floats.js';
import type { StaticWork } from './static-work.js';

/** Stores tables, recurrent weights and those of operators without an integer kernel, a row for each. */
export async function storeNodesAside(work: StaticWork): Promise<void> {
  work.aside = await storeAside(work.plan, work.options, work.run);
  work.rows.push(...work.aside.map(({ node, report }) => ({ node, report })));
}

/**
 * Stores the layers' weights in order of the graph, a row for each; what was stored otherwise than asked for is told.
 */
export async function storeWeights(work: StaticWork): Promise<void> {
  const { graph, options, run, inWork, mixed } = work;
  const { rounding, biases } = work.refinements;
  const { encodings, unusedEncodings } = work;
  const store = new WeightStore(
    graph,
    { ...options, random: work.random, knownEncodings: encodings, unusedEncodings },
    rounding,
    biases,
  );
  run.work?.begin('storing weights', DONE_BY.weights, { count: inWork.length, noun: 'layer' });
  for (const { layer, opType, inputScale, inputSaturation } of inWork) {
    const { node, input } = layer;
    const label = nodeLabel(node);
    const bits = layer.bits ?? mixed?.chosen.bits[label] ?? options.weightBits;
    const stored = await store.quantize(layer, bits, inputScale);
    work.rows.push({ node, report: { node: label, opType, input, inputSaturation, ...stored } });
    run.work?.next();
  }
  work.written = store.written;
  work.skipped.push(...store.skipped, ...rounding.skipped, ...biases.skipped);
}

/** Stores the weights of the layers that compute in floats, a row for each. */
export async function storeWeightsAlone({
  graph,
  weightsOnly,
  options,
  run,
  refinements,
  rows,
}: StaticWork): Promise<void> {
  if (weightsOnly.length === 0) return;
  const { rounding, biases } = refinements;
  const stored = await quantizeWeights(graph, weightsOnly, { ...options, target: 'portable' }, run, rounding, biases);
  rows.push(
    ...weightsOnly.map(({ node }, i) => ({ node, report: { ...elementOf(stored, i, 'stored'), computesIn: FLOATS } })),
  );
}

const FLOATS = 'float' as const;
