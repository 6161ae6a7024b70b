import type { Client } from '#client';
import type { Job } from '#contracts';
import type { Command } from 'commander';
import { EXIT, type ExitCode } from './exit-codes.js';
import { conclusionLines, gateLines, metricsTable } from './job-table.js';
import { advised } from './own-name.js';
import { showProgress } from './progress.js';
import { queueNote } from './queue-note.js';
import { watchJob } from './watch-job.js';

/** The exit code of a program that Ctrl-C ended, as shells count it. */
const INTERRUPTED = 130;

/** Shows progress on stderr until the job is final, and returns the finished job. Ctrl-C leaves the job running and says so. */
export async function follow(client: Client, { id, state }: Pick<Job, 'id' | 'state'>, command: Command): Promise<Job> {
  const leave = () => {
    process.stderr.write(
      `\njob ${id} goes on: \`${advised(command, 'jobs', 'watch', id)}\` follows it, \`${advised(command, 'jobs', 'cancel', id)}\` stops it\n`,
    );
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', leave);
  try {
    const note = state === 'queued' ? await queueNote(client, id) : undefined;
    if (note !== undefined) process.stderr.write(`${note}\n`);
    await showProgress(watchJob(client, id), process.stderr);
    return await client.getJob({ id });
  } finally {
    process.off('SIGINT', leave);
  }
}

/** The table of a finished job, what its passes concluded, and its gates; how it ended when that was not well. */
export function report(job: Job, command: Command): string {
  const end =
    job.state === 'failed' || job.state === 'cancelled'
      ? `${job.state}${job.error && job.error.message !== job.state ? `: ${job.error.message}` : ''}`
      : '';
  const metrics = metricsTable(job, advised(command, 'report', job.id));
  return [metrics, conclusionLines(job), gateLines(job), end].filter((part) => part !== '').join('\n\n');
}

export function exitCodeOf(job: Job): ExitCode {
  if (job.error?.code === 'gate_failed') return EXIT.gates;
  if (job.state !== 'succeeded') return EXIT.failed;
  return job.gatesPassed === false ? EXIT.gates : EXIT.ok;
}
