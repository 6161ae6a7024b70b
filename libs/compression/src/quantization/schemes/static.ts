import type { QuantizeOptions } from '#contracts';
import type { Batches } from '../../calibration-data.js';
import { refuseWithoutData } from '../calibration/known-ranges.js';
import { floatAheadOfLog } from '../layers/ahead-of-log.js';
import { floatMixedEnds } from '../layers/mixed-ends.js';
import type { Plan } from '../layers/plan.js';
import { layersInScope } from '../layers/scope.js';
import type { SchemeReport } from '../report.js';
import type { QuantizationRun } from '../run.js';
import type { Scheme } from './scheme.js';
import { storeNodesAside, storeTiedTables, storeWeights, storeWeightsAlone } from './static-storing.js';
import {
  calibrateActivations,
  chooseAutoMethods,
  compareLayers,
  keepFloatModel,
  learnRefinements,
  mixWidths,
  placeGridPairs,
  putActivationsOnGrids,
  shapeForFusion,
  smooth,
  sweep,
  tellUnusedEncodings,
} from './static-steps.js';
import { beginStatic, staticReport, type StaticWork } from './static-work.js';

/** Integers for weights and activations, with ranges that are calibrated or given. */
export const staticScheme: Scheme = {
  select(graph, options) {
    const found = layersInScope(graph, options, (selection) =>
      floatMixedEnds(graph, floatAheadOfLog(graph, selection)),
    );
    return { found, layers: found.layers, refused: [] };
  },

  async apply(plan, options, batches, run) {
    const report = await quantizeStatic(plan, options, batches && batches(plan, run.work), run);
    return { ...report, skipped: [...plan.skipped, ...report.skipped] };
  },
};

type Step = (work: StaticWork) => void | Promise<void>;

const STEPS: readonly Step[] = [
  // Operators find their final order first: where they stand decides which values get a grid.
  shapeForFusion,
  // Scales move between activations and weights while both are floats; every range below is of what that leaves.
  smooth,
  // The float model that the result is compared with computes the same as what is quantized, value by value: it is
  // copied once nothing moves any more.
  keepFloatModel,
  // Methods are tried on copies as they will be applied, so everything that is the same for all of them is done.
  chooseAutoMethods,
  // Pairs are only placed, not inserted: which ranges are needed follows from their places, and measuring wants the
  // floats.
  placeGridPairs,
  // The last statistics that are taken of floats alone, by the method chosen.
  calibrateActivations,
  // Inputs of layers for rounding and for corrected biases: from the float model, so still ahead of the grids.
  learnRefinements,
  // From here on activations are rounded: what is learnt of a layer behind sees the error of those before it.
  putActivationsOnGrids,
  // Nodes that are no layers read no grid; their rows lead the report.
  storeNodesAside,
  // Widths are tried in the model with its activations on their grids and its weights still whole.
  mixWidths,
  // Weights come last, in order of the graph: a step of a bias is the weight's scale times that of its input, which is
  // known by now.
  storeWeights,
  // Those that compute in floats have no grid around them, and none of the statistics waits for them.
  storeWeightsAlone,
  // A table that is a weight too reads what that one stored.
  storeTiedTables,
  // Every grid has been asked for by now.
  tellUnusedEncodings,
  // The floats that nothing reads any more go before the model is compared as it will be written.
  sweep,
  compareLayers,
];

/** Where no layer computes in integers there is no activation to calibrate, and no method to choose. */
const STEPS_WITHOUT_LAYERS: readonly Step[] = [
  keepFloatModel,
  learnRefinements,
  storeNodesAside,
  storeWeightsAlone,
  storeTiedTables,
  tellUnusedEncodings,
  sweep,
  compareLayers,
];

/**
 * Quantizes the plan's model in place with uint8 activations and integer weights; ranges that the options do not give
 * come from `data`. Throws CalibrationDataError where they are wanted and null, UnknownValueError for ranges of another
 * model.
 */
export async function quantizeStatic(
  plan: Plan,
  options: QuantizeOptions,
  data: Batches | null,
  run: QuantizationRun,
): Promise<SchemeReport> {
  const work = beginStatic(plan, options, data, run);
  const hasLayers = work.layers.length > 0;
  if (hasLayers && !data) refuseWithoutData(options);
  for (const step of hasLayers ? STEPS : STEPS_WITHOUT_LAYERS) await step(work);
  return staticReport(work);
}
