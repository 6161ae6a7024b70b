import { counted } from './counted.js';
import { formatDuration } from './duration.js';
import type { StagesForecast } from './job-check.js';
import { formatBytes } from './metric-format.js';

/** "3 distinct stages of 8, 2 of them cached"; where none is shared "3 stages, none of them cached". */
export function stagesText({ stages, stagesDistinct, stagesCached }: StagesForecast): string {
  const of = stagesDistinct === stages ? counted(stages, 'stage') : `${stagesDistinct} distinct stages of ${stages}`;
  return `${of}, ${stagesCached === 0 ? 'none' : stagesCached} of them cached`;
}

/** Time, memory and disk as far as earlier stages on the model tell, and of what nothing tells. */
export function costText(forecast: StagesForecast): string {
  const { seconds, memoryMb, bytes, stagesDistinct, stagesCached } = forecast;
  if (stagesCached === stagesDistinct) return 'Nothing is left to compute: every result is found in the cache.';
  const time =
    seconds === null
      ? 'Nothing tells yet how long it takes: none of its passes has run on this model'
      : `About ${formatDuration(seconds)} of passes`;
  const memory = memoryMb === null ? 'memory unknown' : `up to ${memoryMb.toLocaleString('en')} MiB of memory a stage`;
  const disk = bytes === null ? '' : `, ${formatBytes(bytes)} of models`;
  return `${time}, ${memory}${disk}.${unknownText(forecast)}`;
}

/** Passes of which nothing told yet, behind a figure of the others: " without prune, evaluate". */
export const uncountedText = (unknown: readonly { pass: string }[]): string =>
  unknown.length === 0 ? '' : ` without ${unknown.map(({ pass }) => pass).join(', ')}`;

function unknownText({ seconds, secondsUnknown }: StagesForecast): string {
  if (seconds === null || secondsUnknown.length === 0) return '';
  const passes = secondsUnknown.map(({ pass }) => pass).join(', ');
  return ` Not counted, as it has not run on this model: ${passes}.`;
}
