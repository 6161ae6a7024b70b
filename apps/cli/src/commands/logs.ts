import type { JobEvent } from '#contracts';
import type { Command } from 'commander';
import { findJob } from '../references.js';
import { watchJob } from '../watch-job.js';
import { context } from './context.js';

interface LogLine {
  stage: number;
  pass: string;
  line: string;
}

/** `coldpress jobs logs` */
export function addLogCommand(jobs: Command): void {
  jobs
    .command('logs')
    .argument('<job>', 'id, the start of one, name, or latest')
    .description('what the stages of a job said; of a job that runs, to its end')
    .action(async (reference: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const job = await findJob(client, reference);
      const found: LogLine[] = [];
      let count = 0;
      for await (const event of watchJob(client, job.id)) {
        const line = logLine(event, job.stages);
        if (line === undefined) continue;
        count += 1;
        if (json) found.push(line);
        else process.stdout.write(`${line.pass}: ${line.line}\n`);
      }
      if (json) process.stdout.write(`${JSON.stringify(found)}\n`);
      else if (count === 0) process.stderr.write(`the stages of job ${job.id} said nothing\n`);
    });
}

function logLine(event: JobEvent, stages: readonly { pass: string }[]): LogLine | undefined {
  if (event.type !== 'log') return undefined;
  const { index, line } = event;
  return { stage: index, pass: stages[index]?.pass ?? String(index), line };
}
