import type { QuantizeOptions } from '#contracts';
import { seededRandom } from '#numbers';
import { cloneModel } from '#onnx';
import { BiasCorrection } from './bias-correction.js';
import type { CalibrationRun } from '../calibration/calibrate.js';
import type { Batches } from '../../calibration-data.js';
import { CalibrationDataError } from '../../errors.js';
import { measureMoments, type InputMoments } from '../calibration/moments.js';
import type { Plan } from '../layers/plan.js';
import { ROUNDINGS, WeightRounding } from './rounding.js';

/** What calibration data wins when weights are stored. */
export interface Refinements {
  rounding: WeightRounding;
  biases: BiasCorrection;
}

/**
 * Rounding and bias correction as the options ask for them, their statistics taken from the model as it is now: call it
 * while weights and activations are still float. `auto` corrects nothing: scheme static has decided by then, the others
 * do not try. Throws CalibrationDataError when they need data and there is none.
 */
export async function prepareRefinements(
  { graph, layers }: Pick<Plan, 'graph' | 'layers'>,
  options: QuantizeOptions,
  batches: Batches | null,
  run: CalibrationRun & { seed: number },
): Promise<Refinements> {
  const { rounding, iterations } = options;
  const biasCorrection = options.biasCorrection === true;
  if (rounding === 'nearest' && !biasCorrection)
    return { rounding: new WeightRounding(), biases: new BiasCorrection(graph, null) };
  if (!batches)
    throw new CalibrationDataError(
      `${rounding === 'nearest' ? 'bias correction' : `rounding ${rounding}`} needs the inputs of layers; ` +
        'submit the job with a data set, or leave it out',
    );
  const withSecond = rounding === 'gptq';
  const moments =
    withSecond || biasCorrection
      ? await measureMoments(graph.model, layers, batches, run, { withSecond })
      : new Map<string, InputMoments>();
  const { seed } = run;
  const drawn = { random: seededRandom(seed), iterations, seed };
  const source = { exact: cloneModel(graph.model), graph, batches, run, moments, ...drawn };
  return {
    rounding: new WeightRounding(ROUNDINGS[rounding](source)),
    biases: new BiasCorrection(graph, biasCorrection ? moments : null),
  };
}
