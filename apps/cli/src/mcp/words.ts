import { isFinal, type Job } from '#contracts';
import { conclusionLines, gateLines, metricsTable } from '../job-table.js';

/** Wide enough for every figure: nobody's terminal is meant. */
const WIDTH = 10_000;
/** So many nodes that were left alone are told; the others are counted. */
const MAX_SKIPPED = 20;

/** Where a job is, as far as whoever waits for it wants to know. */
export function progressOf(job: Job): Record<string, unknown> {
  const { id, state, gatesPassed, error, stages } = job;
  return {
    job: id,
    state,
    isFinal: isFinal(state),
    gatesPassed,
    error,
    stages: stages.map(({ pass, state: stage, progress }) => ({
      pass,
      state: stage,
      percent: Math.floor(100 * progress),
    })),
  };
}

/** A job in words: what came out, what passes concluded, which gates hold, what was left alone and why. */
export function explain(job: Job): string {
  if (!isFinal(job.state)) return `job ${job.id} is ${job.state}: wait for its end first`;
  const ending = job.error ? `${job.state}: ${job.error.message}` : job.state;
  const parts = [ending, metricsTable(job, undefined, WIDTH), conclusionLines(job), gateLines(job), leftAlone(job)];
  return parts.filter((part) => part !== '').join('\n\n');
}

function leftAlone({ stages }: Job): string {
  const skipped = stages.flatMap(({ pass, skipped: nodes }) => (nodes ?? []).map((entry) => ({ pass, ...entry })));
  if (skipped.length === 0) return '';
  const lines = skipped.slice(0, MAX_SKIPPED).map(({ pass, node, reason }) => `${pass} left ${node} alone: ${reason}`);
  const more = skipped.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
