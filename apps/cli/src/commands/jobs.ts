import { all, type Client } from '#client';
import { formatBytes, JobState, isFinal, type Benchmark, type Job, type JobItem } from '#contracts';
import { deviceLines, deviceTable, throughputTable } from '#pipeline';
import { Option, type Command } from 'commander';
import { exitCodeOf, follow, jobSummary } from '../follow.js';
import { print, table } from '../output.js';
import { advised } from '../own-name.js';
import { findJob } from '../references.js';
import { collect, context } from './context.js';
import { wholeNumber } from './whole-number.js';
import { addLogCommand } from './logs.js';

/** `coldpress jobs ls | get | watch | logs | artifacts | benchmarks | cancel | retry | rm` */
export function addJobCommands(program: Command): void {
  const jobs = program.command('jobs').description('look at jobs, stop and repeat them');

  jobs
    .command('ls')
    .addOption(new Option('--state <state>', 'only jobs in this state').choices(JobState.options))
    .option('--search <text>', 'only jobs with this in their name or in the names of their passes')
    .option('--limit <count>', 'at most so many', wholeNumber, 50)
    .description('list jobs, newest first')
    .action(async (options: { state?: JobState; search?: string; limit: number }, command: Command) => {
      const { client, json } = await context(command);
      const items = await collect(all(client.listJobs, { state: options.state, q: options.search }), options.limit);
      print(json, items, () => table(['id', 'state', 'stages', 'gates', 'name'], items.map(row)));
    });

  onJob(jobs, 'get', 'one job with its stages, table and gates', async ({ job, json, command }) => {
    print(json, job, () => described(job, command));
  });

  onJob(
    jobs,
    'watch',
    'follow a job to its end; the exit code tells how it went',
    async ({ client, job, json, command }) => {
      const ended = await follow(client, job, command);
      print(json, ended, () => `\n${jobSummary(ended, advised(command, 'report', ended.id))}`);
      process.exitCode = exitCodeOf(ended);
    },
  );

  addLogCommand(jobs);
  addFindings(jobs);
  addChanges(jobs);
}

/** What a job left, and what is still measured for it. */
function addFindings(jobs: Command): void {
  onJob(jobs, 'artifacts', 'list what the stages of a job wrote', async ({ job, json }) => {
    const found = job.stages.flatMap(({ index, pass, artifacts }) => {
      const stage = { stage: index, pass };
      return artifacts.map((artifact) => ({ ...stage, ...artifact }));
    });
    const cells = found.map(({ stage, pass, name, bytes, digest }) => [
      `${stage}`,
      pass,
      name,
      formatBytes(bytes),
      digest,
    ]);
    print(json, found, () => table(['stage', 'pass', 'name', 'size', 'digest'], cells));
  });

  onJob(jobs, 'benchmarks', 'what devices measure for a job, and why one waits', async ({ client, job, json }) => {
    const { items } = await client.jobBenchmarks({ id: job.id });
    const cells = items.map(({ asked, device, state, status, reason }) => {
      const how = state === 'waiting' ? status.replaceAll('_', ' ') : state;
      return [asked, device ?? '–', how, reason];
    });
    print(json, items, () => {
      const states = table(['asked', 'device', 'state', 'reason'], cells);
      return [states, ...measuredParts(items.filter(({ result }) => result !== null))].join('\n\n');
    });
  });
}

/** What devices measured: times, samples a second where they were asked for, and how it was measured. */
function measuredParts(measured: readonly Benchmark[]): string[] {
  const filled = [deviceTable(measured), throughputTable(measured)].filter(({ rows }) => rows.length > 0);
  const lines = deviceLines(measured).join('\n');
  const tables = filled.map(({ columns, rows }) =>
    table(
      columns.map(({ title }) => title),
      rows,
    ),
  );
  return lines === '' ? tables : [...tables, lines];
}

/** What is done to a job. */
function addChanges(jobs: Command): void {
  onJob(jobs, 'cancel', 'stop a job; a running stage is killed', async ({ client, job: { id }, json }) => {
    const job = await client.cancelJob({ id });
    print(json, job, () => `${job.id}  ${isFinal(job.state) ? job.state : 'is being cancelled'}`);
  });

  onJob(
    jobs,
    'retry',
    'run a failed or cancelled job again from the stage where it stopped',
    async ({ client, job: { id }, json }) => {
      const job = await client.retryJob({ id });
      print(json, job, () => `${job.id}  ${job.state}`);
    },
  );

  onJob(jobs, 'rm', 'forget a job that has ended', async ({ client, job: { id, name }, json }) => {
    await client.deleteJob({ id });
    print(json, { id, removed: true }, () => `removed ${id}${name === null ? '' : `  ${name}`}`);
  });
}

function described(job: Job, command: Command): string {
  const parts = [`${job.id}  ${job.state}`, jobSummary(job, advised(command, 'report', job.id))];
  return parts.filter((part) => part !== '').join('\n\n');
}

interface OnJob {
  client: Client;
  job: Job;
  json: boolean | undefined;
  command: Command;
}

/** A command that is about one job. */
function onJob(jobs: Command, name: string, description: string, action: (on: OnJob) => Promise<void>): void {
  const aboutJob = jobs
    .command(name)
    .argument('<job>', 'id, the start of one, name, or latest')
    .description(description);
  aboutJob.action(async (reference: string, _options: object, command: Command) => {
    const { client, json } = await context(command);
    await action({ client, json, command, job: await findJob(client, reference) });
  });
}

function row(job: JobItem): string[] {
  const done = job.stages.filter((stage) => stage.state === 'succeeded').length;
  const gates = job.gatesPassed === null ? '' : job.gatesPassed ? 'passed' : 'missed';
  return [job.id, job.state, `${done} of ${job.stages.length}`, gates, job.name ?? job.title];
}
