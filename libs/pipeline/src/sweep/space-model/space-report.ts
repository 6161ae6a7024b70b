import type { ForeseenTrial, SpaceReport, Trial } from '#contracts';
import type { SweepPlan } from '../sweep-plan.js';
import { stepsOf } from '../trial-recipe.js';
import type { SpaceMeasures } from './measures.js';
import { spaceModel, type SpaceModel } from './space-model.js';

/** How far the model of a sweep's space was right about its complete trials; undefined where it has none. */
export function spaceReport(
  plan: SweepPlan,
  { jobId, measures }: { jobId: string; measures: SpaceMeasures },
  trials: readonly Trial[],
): SpaceReport | undefined {
  const model = spaceModel(plan, measures);
  if (!model) return undefined;
  const told = trials.flatMap((trial) => (trial.state === 'complete' ? foreseen(plan, model, trial) : []));
  const bytes = told.flatMap(({ bytes: pair }) => (pair ? Math.abs(pair.foreseen / pair.measured - 1) : []));
  const snrs = told.flatMap(({ outputSnrDb: pair }) =>
    pair && pair.foreseen !== null && pair.measured !== null ? Math.abs(pair.foreseen - pair.measured) : [],
  );
  return { jobId, trials: told, bytesError: spreadOf(bytes), snrErrorDb: spreadOf(snrs) };
}

function foreseen(plan: SweepPlan, model: SpaceModel, { number, assignment, metrics }: Trial): ForeseenTrial {
  const { bytes, noise } = model.foresee(assignment);
  const measured = metrics?.bytes;
  const snr = metrics?.outputSnrDb;
  const isTrained = stepsOf(plan, assignment).some(({ pass }) => pass === 'distill' || pass === 'train');
  return {
    number,
    bytes: bytes === null || measured === undefined ? null : { foreseen: bytes, measured },
    outputSnrDb:
      isTrained || snr === undefined ? null : { foreseen: noise > 0 ? -10 * Math.log10(noise) : null, measured: snr },
  };
}

function spreadOf(errors: readonly number[]): { median: number; worst: number } | null {
  const sorted = errors.toSorted((a, b) => a - b);
  const [median, worst] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)];
  return median === undefined || worst === undefined ? null : { median, worst };
}
