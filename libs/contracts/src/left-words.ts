import { formatDuration } from './duration.js';
import type { JobEvent } from './events.js';

/** What is left of a running stage, and of its job where that is known; in seconds. */
export type Left = Pick<Extract<JobEvent, { type: 'progress' }>, 'leftS' | 'jobLeftS'>;

/** What is left, for people: "about 40 s left of prune, 3 min 5 s of the job"; null where nothing tells. */
export function leftWords({ leftS, jobLeftS }: Left, pass: string): string | null {
  if (leftS === undefined) return null;
  const job = jobLeftS === undefined || jobLeftS === leftS ? '' : `, ${formatDuration(jobLeftS)} of the job`;
  return `about ${formatDuration(leftS)} left of ${pass}${job}`;
}
