import { linePlot } from '#evaluation';
import type { PassContext } from '../pass.js';
import type { BatchPlan } from './batches/batch-plan.js';
import type { CurvePoint } from './training-run.js';
import { writeSideFiles } from '../side-files.js';

/** Files beside the model that hold the losses over the run, as figures and as a plot. */
export const CURVE_FILE = 'training-curve.json';
export const CURVE_PLOT = 'training-curve.svg';

/** Writes the curve and returns the names of its files. */
export function writeCurve(context: PassContext, options: unknown, points: readonly CurvePoint[]): Promise<string[]> {
  return writeSideFiles(context, {
    [CURVE_FILE]: () => `${JSON.stringify({ seed: context.seed, options, points })}\n`,
    [CURVE_PLOT]: () => curvePlot(points),
  });
}

function curvePlot(points: readonly CurvePoint[]): string {
  const losses = Object.keys(points[0]?.losses ?? {}).map((name) => ({
    name,
    points: points.map(({ step, losses: at }): [number, number] => [step, at[name]!]),
  }));
  const held = points.flatMap(({ step, ended }): [number, number][] =>
    ended?.validationLoss === undefined ? [] : [[step, ended.validationLoss]],
  );
  const series = [...losses, ...(held.length > 0 ? [{ name: 'validationLoss', points: held }] : [])];
  return linePlot({ title: 'Training', xLabel: 'step', yLabel: 'loss', series });
}

/** The epochs of a curve, one row each. */
export function epochTable(points: readonly CurvePoint[]): Record<string, number>[] {
  return points.flatMap(({ epoch, step, learningRate, ended }) => {
    if (!ended) return [];
    const { losses, fidelity, validationLoss, seconds } = ended;
    return [
      {
        epoch,
        step,
        ...losses,
        ...fidelity,
        ...(validationLoss === undefined ? {} : { validationLoss }),
        learningRate,
        seconds,
      },
    ];
  });
}

/** Figures that every training reports. */
export function curveSummary(
  points: readonly CurvePoint[],
  { plan, steps, batchSize, seconds }: { plan: BatchPlan; steps: number; batchSize: number; seconds: number },
): Record<string, unknown> {
  const table = epochTable(points);
  const held = table.map((row) => row['validationLoss'] ?? Infinity);
  const best = Math.min(...held);
  return {
    steps,
    firstLoss: points[0]!.losses['loss'],
    lastLoss: points.at(-1)!.losses['loss'],
    ...(Number.isFinite(best) ? { bestEpoch: table[held.indexOf(best)]!['epoch'], validationLoss: best } : {}),
    epochs: table,
    memory: { estimateMb: plan.estimateMb, parts: plan.parts, sessions: plan.sessions },
    seconds,
    samplesPerS: (steps * batchSize) / seconds,
  };
}
