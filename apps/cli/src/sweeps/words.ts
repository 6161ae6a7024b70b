import {
  assignmentText,
  counted,
  figureText,
  formatBytes,
  formatDuration,
  metricTitle,
  sweepProgress,
  trialRemark,
  uncountedText,
  valueText,
  type Sweep,
  type SweepForecast,
  type Trial,
} from '#contracts';
import { table } from '../output.js';

const SURVEYS: Record<NonNullable<SweepForecast['survey']>, string> = {
  stored: 'what layers and channels cost is measured already: the first trials follow from it',
  first: 'a job measures first what layers and channels cost: the first trials follow from it',
};

/** What a sweep will take, a line for each thing that is known. */
export function forecastLines(forecast: SweepForecast): string {
  const { trials, sampler, stages, stagesDistinct, stagesCached, seconds, bytes, infeasible, skipped, earlier } =
    forecast;
  const about = forecast.isExact ? '' : 'about ';
  const unknown = (passes: readonly { pass: string }[]) => {
    const names = passes.map(({ pass }) => pass).join(', ');
    return names === '' ? '' : `, and what ${names} takes, which nothing tells yet`;
  };
  return [
    ...(earlier === undefined ? [] : [`${counted(earlier, 'trial')} of earlier sweeps and jobs to begin with`]),
    ...(forecast.survey === undefined ? [] : [SURVEYS[forecast.survey]]),
    `${counted(trials, 'trial')} by ${sampler}: ${about}${counted(stages, 'stage')}, ${about}${stagesDistinct} of them distinct, ${stagesCached} cached`,
    `time of the passes  ${seconds === null ? 'unknown' : formatDuration(seconds)}${unknown(seconds === null ? [] : forecast.secondsUnknown)}`,
    `models to be stored  ${bytes === null ? 'unknown' : formatBytes(bytes)}${unknown(bytes === null ? [] : forecast.bytesUnknown)}`,
    ...infeasible.map(
      ({ count, field, message }) => `no recipe from ${counted(count, 'combination')}: ${field}: ${message}`,
    ),
    ...(skipped.length > 0 ? [`left alone by a pass: ${counted(skipped.length, 'node')}`] : []),
  ].join('\n');
}

/** Where a sweep is, in a line. */
export function progressLine(sweep: Sweep): string {
  const { ended, total, secondsLeft } = sweepProgress(sweep);
  const { running, failed, stopped, cancelled, infeasible } = sweep.counts;
  const told = (count: number, word: string) => (count > 0 ? [`${count} ${word}`] : []);
  return [
    `${sweep.state}: ${ended} of ${total} trials`,
    ...told(running, 'running'),
    ...told(stopped, 'stopped early'),
    ...told(cancelled, 'cancelled'),
    ...told(failed, 'failed'),
    ...told(infeasible, 'that make no recipe'),
    ...(sweep.document.constraints.length > 0 ? [`${sweep.feasible} hold the constraints`] : []),
    ...(sweep.state === 'running' && secondsLeft !== null ? [`about ${formatDuration(secondsLeft)} left`] : []),
  ].join(', ');
}

/** What it took beside what was foreseen. */
export function costLine({ cost, forecast }: Sweep): string {
  const { stagesDistinct, seconds, bytes, secondsUnknown, bytesUnknown } = forecast;
  const foreseen = (words: string | null, unknown: readonly { pass: string }[]) =>
    words === null ? '' : ` (foreseen: ${words}${uncountedText(unknown)})`;
  const stages = `${cost.stagesExecuted} stages computed of ${cost.stages} (${stagesDistinct} distinct were foreseen)`;
  const time = `${formatDuration(cost.seconds)} of passes${foreseen(seconds === null ? null : formatDuration(seconds), secondsUnknown)}`;
  const stored = `${formatBytes(cost.bytes)} of models${foreseen(bytes === null ? null : formatBytes(bytes), bytesUnknown)}`;
  return [stages, time, stored].join(', ');
}

/** Trials, a row each: a column for each parameter that varies and for each objective. */
export function trialTable({ objectives }: Pick<Sweep, 'objectives'>, trials: readonly Trial[]): string {
  const parameters = [...new Set(trials.flatMap(({ assignment }) => Object.keys(assignment)))];
  const head = ['trial', 'state', ...parameters, ...objectives.map(({ metric }) => metricTitle(metric)), 'remark'];
  return table(
    head,
    trials.map((trial) => [
      String(trial.number),
      trial.state,
      ...parameters.map((name) => valueText(trial.assignment[name])),
      ...objectives.map(({ metric }) => figureText(trial, metric)),
      trialRemark(trial),
    ]),
  );
}

/** One trial in a line. */
export function trialLine({ objectives }: Pick<Sweep, 'objectives'>, trial: Trial): string {
  const figures = objectives.flatMap(({ metric }) => figureText(trial, metric) || []);
  const parts = [assignmentText(trial.assignment), figures.join(', '), trialRemark(trial)];
  return `trial ${trial.number} ${trial.state}: ${parts.filter((part) => part !== '').join('  ')}`;
}
