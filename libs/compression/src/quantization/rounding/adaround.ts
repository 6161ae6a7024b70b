import { randomOrder, seededRandom } from '#numbers';
import { roundHalfEven } from '#onnx';
import type { LayerRows } from '../layers/layer-rows.js';
import type { ProductShape } from '../layers/patches.js';
import { LayerProduct } from '../layers/layer-product.js';
import type { Work } from '../../work.js';
import { shareOf, SoftRounding, variableOf, type SoftProduct } from './soft-rounding.js';

/** A layer's float weights [groups, size, columns], their grid and what they are judged by. */
export interface AdaRoundProblem extends ProductShape {
  values: Float32Array;
  /** One per output, groups · columns of them, or one per weight. */
  scales: Float32Array;
  lowest: number;
  limit: number;
  /** What is added ahead of the Relu behind the layer; null where there is none. */
  rectified: Float32Array | null;
}

export interface AdaRoundRun {
  iterations: number;
  threads: number;
  seed: number;
  work?: Work | undefined;
}

/** Rows per step. */
const BATCH_ROWS = 256;

/** The schedule of Nagel et al. 2020, section 4: no pull to the ends during the first fifth, then β from 20 to 2. */
const WARM_UP = 0.2;
const [FIRST_SHARPNESS, LAST_SHARPNESS] = [20, 2];

/**
 * Weight of the pull, against an error of 1 per weight when all are rounded to nearest, and Adam's rate: found on
 * layers of each kind, where they halve the error that the paper's 0.01 and 0.001 (meant for ten thousand steps) leave
 * after a thousand.
 */
const PULL = 3;
const LEARNING_RATE = 0.1;

/**
 * Rounds each weight up or down so that the layer's output, on inputs as the quantized layers before it give them,
 * stays close to that of the float model (AdaRound). Returns floats on the grid, never with a larger error on the rows
 * than rounding to nearest has. Weights that are zero stay zero.
 */
export async function adaround(problem: AdaRoundProblem, rows: LayerRows, run: AdaRoundRun): Promise<Float32Array> {
  const product = await LayerProduct.create(problem, run.threads);
  try {
    const targets = await product.outputs(rows.exact, problem.values);
    const error = async (weights: Float32Array) =>
      squaredError(await product.outputs(rows.quantized, weights), targets);
    const nearest = roundWith(problem, (at, level) => roundHalfEven(level));
    const nearestError = await error(nearest);
    if (nearestError === 0) return nearest;
    const variables = await learnVariables(problem, rows, targets, nearestError / rows.count, run);
    const rounded = roundWith(problem, (at, level) => Math.floor(level) + Number(shareOf(variables[at]!) >= 0.5));
    return (await error(rounded)) < nearestError ? rounded : nearest;
  } finally {
    await product.release();
  }
}

async function learnVariables(
  problem: AdaRoundProblem,
  rows: LayerRows,
  targets: Float32Array,
  rowError: number,
  run: AdaRoundRun,
): Promise<Float32Array> {
  const levels = problem.values.map((value, at) => value / scaleAt(problem, at));
  const product: SoftProduct = {
    ...problem,
    floors: levels.map(Math.floor),
    errorUnit: rowError / problem.values.length,
  };
  // A zero is a pruned weight: its variable starts and stays at share 0.
  const variables = levels.map((level) => variableOf(level - Math.floor(level)));
  const mask = levels.map((level) => Number(level !== 0));
  const batch = Math.min(BATCH_ROWS, rows.count);
  const rounding = await SoftRounding.create(product, { variables, mask }, batch, run.threads);
  const order = randomOrder(rows.count, seededRandom(run.seed));
  try {
    const tell = run.work?.walk(run.iterations, 'step');
    for (let step = 0; step < run.iterations; step++) {
      const picked = Array.from({ length: batch }, (_, i) => order[(step * batch + i) % rows.count]!);
      const progress = Math.max(0, (step / run.iterations - WARM_UP) / (1 - WARM_UP));
      await rounding.learn(
        {
          inputs: pick(rows.quantized, picked, problem.groups * problem.size),
          targets: pick(targets, picked, problem.groups * problem.columns),
          sharpness: LAST_SHARPNESS + ((FIRST_SHARPNESS - LAST_SHARPNESS) * (1 + Math.cos(Math.PI * progress))) / 2,
          pull: step < WARM_UP * run.iterations ? 0 : PULL,
        },
        LEARNING_RATE,
      );
      tell?.(step + 1);
    }
    return rounding.variables;
  } finally {
    await rounding.release();
  }
}

function scaleAt({ values, size, columns, scales }: AdaRoundProblem, at: number): number {
  if (scales.length === values.length) return scales[at]!;
  return scales[Math.floor(at / (size * columns)) * columns + (at % columns)]!;
}

function roundWith(problem: AdaRoundProblem, round: (at: number, level: number) => number): Float32Array {
  return problem.values.map((value, at) => {
    const scale = scaleAt(problem, at);
    return scale * Math.min(problem.limit, Math.max(problem.lowest, round(at, Math.fround(value / scale))));
  });
}

function squaredError(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
}

function pick(rows: Float32Array, places: readonly number[], length: number): Float32Array {
  const result = new Float32Array(places.length * length);
  places.forEach((place, i) => result.set(rows.subarray(place * length, (place + 1) * length), i * length));
  return result;
}
