import { curveFigures, isOutputLoss, suggestion, told, type SweepDocument } from '#contracts';
import { MEDIAN_OTHERS } from '#search';
import type { RecipeProblem } from '../errors.js';
import type { PlannedStage } from '../plan.js';

/**
 * A rule of early stopping that could never stop a trial: too few are tried, or of their recipes none trains, none for
 * long enough, or none reports the figure that it compares.
 */
export function stoppingProblems(
  { stopping, warmStart }: Pick<SweepDocument, 'stopping' | 'warmStart'>,
  recipes: readonly (readonly PlannedStage[])[],
  trials: number,
): RecipeProblem[] {
  if (!stopping) return [];
  const beside = warmStart ? Infinity : trials - 1;
  if (stopping.rule === 'median' && beside < MEDIAN_OTHERS)
    return [
      {
        field: 'stopping.rule',
        message: `the median is that of ${MEDIAN_OTHERS} other trials, and there are ${trials} in all: try more, take asha, or leave stopping out`,
      },
    ];
  const epochs = recipes.flatMap((stages) => stages.flatMap(epochsOf));
  if (epochs.length === 0)
    return [
      {
        field: 'stopping',
        message: 'no pass trains, so that no trial could fall behind: add train or distill, or leave it out',
      },
    ];
  const longest = Math.max(...epochs);
  const first = Math.max(1, stopping.from);
  if (first < longest) return unknownFigure(stopping.value, recipes);
  const message =
    `a trial may end after epoch ${first}, and the longest training has ${longest}: ` +
    'train for more epochs, begin earlier, or leave stopping out';
  return [{ field: stopping.from > 1 ? 'stopping.from' : 'stopping', message }];
}

/** What no training reports is never compared. */
function unknownFigure(value: string, recipes: readonly (readonly PlannedStage[])[]): RecipeProblem[] {
  const reported = recipes.flatMap((stages) => stages.flatMap(({ pass, options }) => curveFigures(pass, options)));
  const names = [...new Set(reported)];
  if (names.includes(value) || isOutputLoss(value)) return [];
  const message = `no training of these recipes reports a loss ${told(value)}: ${suggestion(value, names)}`;
  return [{ field: 'stopping.value', message }];
}

/** Trainings are what divides its batches by the memory ceiling. */
function epochsOf({ reads, options }: PlannedStage): number[] {
  if (!reads.memory) return [];
  const epochs = options['epochs'] ?? options['recoverEpochs'];
  return typeof epochs === 'number' ? [epochs] : [];
}
