import type { Client } from '#client';
import type { Job } from '#contracts';
import type { Command } from 'commander';
import { EXIT, INTERRUPTED, type ExitCode } from './exit-codes.js';
import { conclusionLines, gateLines, metricsTable } from './job-table.js';
import { advised } from './own-name.js';
import { showProgress } from './progress.js';
import { queueNote } from './queue-note.js';
import { watchJob } from './watch-job.js';

/**
 * Shows progress on stderr until the job is final, and returns the finished job. Ctrl-C leaves the job running and says
 * so, unless `interrupt` does
 * something else.
 */
export async function follow(
  client: Client,
  { id, state }: Pick<Job, 'id' | 'state'>,
  command: Command,
  interrupt: () => void = () => leaveRunning(id, command),
): Promise<Job> {
  process.once('SIGINT', interrupt);
  try {
    const note = state === 'queued' ? await queueNote(client, id) : undefined;
    if (note !== undefined) process.stderr.write(`${note}\n`);
    await showProgress(watchJob(client, id), process.stderr);
    return await client.getJob({ id });
  } finally {
    process.off('SIGINT', interrupt);
  }
}

function leaveRunning(id: string, command: Command): never {
  const [watch, cancel] = [advised(command, 'jobs', 'watch', id), advised(command, 'jobs', 'cancel', id)];
  process.stderr.write(`\njob ${id} goes on: \`${watch}\` follows it, \`${cancel}\` stops it\n`);
  process.exit(INTERRUPTED);
}

/**
 * The table of a finished job, what its passes concluded, and its gates; how it ended when that was not well. `advice`
 * shows more of it.
 */
export function jobSummary(job: Job, advice?: string): string {
  const isUnwell = job.state === 'failed' || job.state === 'cancelled';
  const reason = job.error && job.error.message !== job.state ? `: ${job.error.message}` : '';
  const end = isUnwell ? `${job.state}${reason}` : '';
  const metrics = metricsTable(job, advice);
  const parts = [metrics, conclusionLines(job), gateLines(job), end];
  return parts.filter((part) => part !== '').join('\n\n');
}

export function exitCodeOf(job: Job): ExitCode {
  if (job.error?.code === 'gate_failed') return EXIT.gates;
  if (job.state !== 'succeeded') return EXIT.failed;
  return job.gatesPassed === false ? EXIT.gates : EXIT.ok;
}
