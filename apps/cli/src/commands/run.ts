import { randomUUID } from 'node:crypto';
import type { Job } from '#contracts';
import { LIMITS } from '#documents';
import type { Command } from 'commander';
import type { Client } from '../client.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { conclusionLines, gateLines, metricsTable } from '../job-table.js';
import { textOf } from '../local-file.js';
import { print } from '../output.js';
import { showProgress } from '../progress.js';
import { context, findDataset, findModel } from './context.js';

interface RunOptions {
  model: string;
  dataset?: string;
  name?: string;
  detach?: boolean;
  idempotencyKey?: string;
}

/** `coldpress run recipe.yaml` */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .argument('<recipe>', 'a recipe in YAML or JSON')
    .requiredOption('--model <model>', 'id or name of a stored model')
    .option('--dataset <dataset>', 'id or name of a stored data set')
    .option('--name <name>', 'name of the job')
    .option('--detach', 'submit and return at once')
    .option('--idempotency-key <key>', 'the same key never submits twice')
    .description('submit a job and follow it to its end')
    .action(async (recipePath: string, options: RunOptions, command: Command) => {
      const { client, json } = await context(command);
      const submitted = await submit(client, recipePath, options);
      const job = options.detach ? submitted : await follow(client, submitted.id);
      print(json, job, () => (options.detach ? job.id : report(job)));
      process.exitCode = options.detach ? EXIT.ok : exitCodeOf(job);
    });
}

async function submit(client: Client, recipePath: string, options: RunOptions): Promise<Job> {
  const recipe = await textOf(recipePath, LIMITS.recipe.bytes, 'a recipe');
  const model = await findModel(client, options.model);
  const dataset = options.dataset === undefined ? null : await findDataset(client, options.dataset);
  return client.submitJob(
    { name: options.name, model: model.id, dataset: dataset?.id ?? null, recipe },
    options.idempotencyKey ?? randomUUID(),
  );
}

/** Shows progress on stderr until the job is final, and returns the finished job. */
export async function follow(client: Client, id: string): Promise<Job> {
  await showProgress(client.watchJob(id), process.stderr);
  return client.getJob(id);
}

/** The table of a finished job, what its passes concluded, and its gates; its error when it failed. */
export function report(job: Job): string {
  const failure = job.error ? `\n${job.state}: ${job.error.message}` : '';
  return [`\n${metricsTable(job)}`, conclusionLines(job), gateLines(job), failure]
    .filter((part) => part !== '')
    .join('\n\n');
}

export function exitCodeOf(job: Job): ExitCode {
  if (job.state !== 'succeeded') return EXIT.failed;
  return job.gatesPassed === false ? EXIT.gates : EXIT.ok;
}
