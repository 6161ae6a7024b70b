import { JobState, isFinal, type JobItem } from '#contracts';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { print, table } from '../output.js';
import { collect, context } from './context.js';
import { exitCodeOf, follow, report } from './run.js';

/** `coldpress jobs ls | get | watch | cancel` */
export function addJobCommands(program: Command): void {
  const jobs = program.command('jobs').description('look at jobs and stop them');

  jobs
    .command('ls')
    .addOption(new Option('--state <state>', 'only jobs in this state').choices(JobState.options))
    .option('--limit <count>', 'at most so many', wholeNumber, 50)
    .description('list jobs, newest first')
    .action(async (options: { state?: JobState; limit: number }, command: Command) => {
      const { client, json } = await context(command);
      const items = await collect(client.listJobs({ state: options.state }), options.limit);
      print(json, items, () => table(['id', 'state', 'stages', 'gates', 'name'], items.map(row)));
    });

  jobs
    .command('get')
    .argument('<id>')
    .description('one job with its stages, table and gates')
    .action(async (id: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const job = await client.getJob(id);
      print(json, job, () => `${job.id}  ${job.state}${report(job)}`);
    });

  jobs
    .command('watch')
    .argument('<id>')
    .description('follow a job to its end; the exit code tells how it went')
    .action(async (id: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const job = await follow(client, id);
      print(json, job, () => report(job));
      process.exitCode = exitCodeOf(job);
    });

  jobs
    .command('cancel')
    .argument('<id>')
    .description('stop a job; a running stage is killed')
    .action(async (id: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const job = await client.cancelJob(id);
      print(json, job, () => `${job.id}  ${isFinal(job.state) ? job.state : 'is being cancelled'}`);
    });
}

/** Throws what commander tells of an option that is wrong. */
function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function row(job: JobItem): string[] {
  const done = job.stages.filter((stage) => stage.state === 'succeeded').length;
  const gates = job.gatesPassed === null ? '' : job.gatesPassed ? 'passed' : 'missed';
  return [job.id, job.state, `${done} of ${job.stages.length}`, gates, job.name ?? job.title];
}
