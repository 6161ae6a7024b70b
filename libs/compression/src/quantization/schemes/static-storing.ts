import { elementOf, nodeLabel } from '#onnx';
import { storeAside } from '../emit/store-aside.js';
import { storeTables } from '../emit/table-store.js';
import { WeightStore } from '../emit/weight-store.js';
import { DONE_BY } from '../run.js';
import { quantizeWeights } from '../emit/weights-in-floats.js';
import type { StaticWork } from './static-work.js';

/**
 * Stores tables, recurrent weights and those of operators without an integer kernel, a row for each; but not the tables
 * that are weights too.
 */
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
  store.matrices.forEach((matrix, layer) => work.matrices.set(layer, matrix));
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
  matrices,
}: StaticWork): Promise<void> {
  if (weightsOnly.length === 0) return;
  const { rounding, biases } = refinements;
  const portable = { ...options, target: 'portable' } as const;
  const stored = await quantizeWeights(graph, weightsOnly, portable, run, rounding, biases, matrices);
  rows.push(
    ...weightsOnly.map(({ node }, i) => ({ node, report: { ...elementOf(stored, i, 'stored'), computesIn: FLOATS } })),
  );
}

const FLOATS = 'float' as const;

/** Lets tables look up rows of the weights that they are, with rows of the report as other tables have. */
export function storeTiedTables(work: StaticWork): void {
  const { graph, plan, options, matrices } = work;
  const tied = (plan.tables ?? []).filter((table) => table.tied);
  const stored = storeTables(graph, tied, options, matrices);
  work.aside.push(...stored);
  work.rows.unshift(...stored.map(({ node, report }) => ({ node, report })));
}
