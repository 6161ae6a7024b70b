import { formatBytes, formatDuration, sweepProgress, uncountedText, type Sweep } from '#contracts';
import { memo, useEffect, useState } from 'react';
import { useDataset, useModel } from '../api/queries.js';
import { ProgressBar } from '../components/progress-bar.js';
import { shortDigest } from '../format.js';
import { addressOf } from '../route.js';

const TICK_MS = 1000;

/** How far the sweep is, what it took beside what was foreseen, and what it is on. */
export const SweepHead = memo(function SweepHead({ sweep, readAt }: { sweep: Sweep; readAt: number }) {
  const { cost, forecast, counts, state, reason, feasible, document } = sweep;
  const now = useNow(state === 'running');
  const since = state === 'running' ? Math.max(0, now - readAt) / 1000 : 0;
  const { ended, total, secondsLeft } = sweepProgress({ ...sweep, searchedSeconds: sweep.searchedSeconds + since });
  const words = [
    `${ended} of ${total} trials`,
    ...told(counts.running, 'running'),
    ...told(counts.stopped, 'stopped early'),
    ...told(counts.cancelled, 'cancelled'),
    ...told(counts.failed, 'failed'),
    ...told(counts.infeasible, 'that make no recipe'),
    ...(document.constraints.length > 0 ? [`${feasible} hold the constraints`] : []),
  ];
  return (
    <>
      <Inputs sweep={sweep} />
      <ProgressBar value={total === 0 ? 0 : ended / total} label="progress of the sweep" />
      <p role="status">
        {words.join(', ')}
        {state === 'running' && secondsLeft !== null && `; about ${formatDuration(secondsLeft)} left`}
        {reason && `: ${reason}`}.
      </p>
      <p className="quiet">
        {cost.stagesExecuted} stages computed of {cost.stages}, {forecast.stagesDistinct} distinct were foreseen;{' '}
        {formatDuration(cost.seconds)} of passes
        {forecast.seconds !== null &&
          `, foreseen ${formatDuration(forecast.seconds)}${uncountedText(forecast.secondsUnknown)}`}
        ; {formatBytes(cost.bytes)} of models
        {forecast.bytes !== null && `, foreseen ${formatBytes(forecast.bytes)}${uncountedText(forecast.bytesUnknown)}`}.
      </p>
    </>
  );
});

const told = (count: number, word: string): string[] => (count > 0 ? [`${count} ${word}`] : []);

/** The time, told each second while it is looked at. */
function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}

function Inputs({ sweep: { modelId, datasetId, forecast } }: { sweep: Sweep }) {
  const model = useModel(modelId);
  const dataset = useDataset(datasetId);
  return (
    <p className="quiet inputs">
      <a href={`#/models/${modelId}`}>{model.data?.name ?? shortDigest(modelId)}</a>
      {datasetId && (
        <>
          {' '}
          on <a href={addressOf('data', { q: dataset.data?.name })}>{dataset.data?.name ?? shortDigest(datasetId)}</a>
        </>
      )}
      , chosen by {forecast.sampler}
    </p>
  );
}
