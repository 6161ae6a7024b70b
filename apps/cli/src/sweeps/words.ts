import {
  assignmentText,
  figureText,
  formatBytes,
  metricTitle,
  sweepProgress,
  trialRemark,
  valueText,
  type Sweep,
  type SweepForecast,
  type Trial,
} from '#contracts';
import { table } from '../output.js';

/** What a sweep will take, a line for each thing that is known. */
export function forecastLines(forecast: SweepForecast): string {
  const { trials, sampler, stages, stagesDistinct, stagesCached, seconds, bytes, infeasible, skipped } = forecast;
  const about = forecast.isExact ? '' : 'about ';
  const unknown = (passes: readonly { pass: string }[]) =>
    passes.length === 0 ? '' : `, and what ${passes.map(({ pass }) => pass).join(', ')} takes, which nothing tells yet`;
  return [
    `${trials} trials by ${sampler}: ${about}${stages} stages, ${about}${stagesDistinct} of them distinct, ${stagesCached} cached`,
    `time of the passes  ${seconds === null ? 'unknown' : duration(seconds)}${unknown(seconds === null ? [] : forecast.secondsUnknown)}`,
    `models to be stored  ${bytes === null ? 'unknown' : formatBytes(bytes)}${unknown(bytes === null ? [] : forecast.bytesUnknown)}`,
    ...infeasible.map(({ count, field, message }) => `${count} combinations make no recipe: ${field}: ${message}`),
    ...(skipped.length > 0 ? [`${skipped.length} nodes are left alone by a pass`] : []),
  ].join('\n');
}

/** Where a sweep is, in a line. */
export function progressLine(sweep: Sweep): string {
  const { ended, total, secondsLeft } = sweepProgress(sweep);
  const { running, failed, stopped, infeasible } = sweep.counts;
  const counted = (count: number, word: string) => (count > 0 ? [`${count} ${word}`] : []);
  return [
    `${sweep.state}: ${ended} of ${total} trials`,
    ...counted(running, 'running'),
    ...counted(stopped, 'stopped early'),
    ...counted(failed, 'failed'),
    ...counted(infeasible, 'that make no recipe'),
    ...(sweep.document.constraints.length > 0 ? [`${sweep.feasible} hold the constraints`] : []),
    ...(sweep.state === 'running' && secondsLeft !== null ? [`about ${duration(secondsLeft)} left`] : []),
  ].join(', ');
}

/** What it took beside what was foreseen. */
export function costLine({ cost, forecast }: Sweep): string {
  const foreseen = forecast.seconds === null ? '' : ` (foreseen: ${duration(forecast.seconds)})`;
  return `${cost.stagesExecuted} stages computed of ${cost.stages} (${forecast.stagesDistinct} distinct were foreseen), ${duration(cost.seconds)} of passes${foreseen}, ${formatBytes(cost.bytes)} of models`;
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

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}
