import { storeAside } from '../emit/store-aside.js';
import type { TiedMatrices } from '../emit/tied-matrix.js';
import { quantizeWeights } from '../emit/weights-in-floats.js';
import { layersInScope } from '../layers/scope.js';
import { prepareRefinements } from '../rounding/refinements.js';
import { DONE_BY } from '../run.js';
import type { Scheme } from './scheme.js';

/** Narrow weights, and activations in floats. */
export const weightOnlyScheme: Scheme = {
  select(graph, options) {
    const found = layersInScope(graph, { ...options, minProducts: 0 });
    return { found, layers: found.layers, refused: [] };
  },

  async apply(plan, options, batches, run) {
    run.work?.begin('statistics of layers', DONE_BY.statistics);
    const { rounding, biases } = await prepareRefinements(plan, options, batches && batches(plan, run.work), run);
    const matrices: TiedMatrices = new Map();
    const layers = await quantizeWeights(plan.graph, plan.layers, options, run, rounding, biases, matrices);
    const aside = (await storeAside(plan, options, run, matrices)).map(({ report }) => report);
    return {
      layers: [...aside, ...layers],
      skipped: [...plan.skipped, ...rounding.skipped, ...biases.skipped],
    };
  },
};
