import { stat } from 'node:fs/promises';
import type { Client } from '#client';
import {
  formatBytes,
  sentenceOf,
  type DatasetRecord,
  type Job,
  type JobSubmission,
  type Model,
  type Recipe,
} from '#contracts';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { checkWords } from './check-words.js';
import { assertWritable, save, STDOUT } from './download.js';
import { CliError, UsageError } from './errors.js';
import { EXIT } from './exit-codes.js';
import { finalModel } from './final-model.js';
import { exitCodeOf, follow, jobSummary } from './follow.js';
import { globalOptionsOf } from './global-options.js';
import { onServer, type CommandServer } from './own-server.js';
import { filesOf, manifestIn } from './local-dataset.js';
import { isModelPath } from './model-folder.js';
import { print } from './output.js';
import { advised, besideServer } from './own-name.js';
import { findDataset, findModel } from './references.js';
import { stopWithServer } from './stop-with-server.js';
import { pushDataset, pushModel } from './uploads.js';

/** Flags of the commands that submit a job. */
export interface SubmissionOptions {
  dataset?: string;
  output?: string;
  name?: string;
  detach?: boolean;
  check?: boolean;
  idempotencyKey?: string;
}

/** Adds the flags of SubmissionOptions. */
export function addSubmissionOptions(command: Command, output: string): Command {
  return command
    .addOption(
      new Option(
        '--data, --dataset <dataset>',
        'a stored data set (id, the start of one, name, or latest), or a folder with a dataset.yaml, which is pushed',
      ).argParser(once),
    )
    .option('-o, --output <file>', `${output}; - for standard output`)
    .option('--name <name>', 'name of the job')
    .option('--check', 'say whether it can run, what it takes and what passes leave alone; runs nothing')
    .option('--detach', 'submit and return at once')
    .option('--idempotency-key <key>', 'the same key never submits twice');
}

/**
 * Submits a job and follows it to its end. First line: the job and its page; last line: its model, or the command that
 * gets it.
 */
export async function runJob(
  command: Command,
  recipe: () => Promise<string | Recipe>,
  modelReference: string,
  options: SubmissionOptions,
): Promise<void> {
  const { output, detach: isDetached = false } = options;
  const { json } = globalOptionsOf(command);
  assertSensible(options, json);
  if (output !== undefined) await assertWritable(output);
  const text = await recipe();
  // What is wrong with files here is told before a server is started for them.
  if (options.dataset !== undefined) await manifestHere(options.dataset);
  await onServer(command, { work: 'job', mayStart: !isDetached }, (server) =>
    runOn(server, { command, recipe: text, model: modelReference, options, json }),
  );
}

/** Flags that want different things. */
function assertSensible({ output, detach, check }: SubmissionOptions, json: boolean | undefined): void {
  if (check && (output !== undefined || detach))
    throw new UsageError('--check runs nothing: leave --output and --detach out');
  if (output !== undefined && detach)
    throw new UsageError('--output wants the end of the job, which --detach does not wait for: leave one out');
  if (output === STDOUT && json)
    throw new UsageError('--output - and --json both want standard output: name a file, or leave --json out');
}

interface Submission {
  command: Command;
  recipe: string | Recipe;
  model: string;
  options: SubmissionOptions;
  json: boolean | undefined;
}

async function runOn(
  server: CommandServer,
  { command, recipe, model: reference, options, json }: Submission,
): Promise<void> {
  const { client, ownFolder } = server;
  const { output } = options;
  const model = await modelOf(client, reference);
  const dataset = options.dataset === undefined ? null : await datasetOf(client, options.dataset);
  const submission = { name: options.name, model: model.id, dataset: dataset?.id ?? null, recipe };
  if (options.check) return check(client, submission, json);
  const submitted = await client.submitJob({ body: submission }, { idempotencyKey: options.idempotencyKey });
  const page = `job ${submitted.id}  ${client.url}/#/jobs/${submitted.id}\n`;
  const isQuiet = json === true || options.detach === true;
  const words = output === STDOUT ? process.stderr : process.stdout;
  (isQuiet ? process.stderr : words).write(page);
  if (options.detach) return void process.stdout.write(`${json ? JSON.stringify(submitted) : submitted.id}\n`);
  const { id } = submitted;
  const stopping = stopWithServer(server, `job ${id}`, () => client.cancelJob({ id }));
  const job = await follow(client, submitted, command, stopping.interrupt);
  if (json) process.stdout.write(`${JSON.stringify(job)}\n`);
  else words.write(`\n${jobSummary(job, ownFolder === null ? advised(command, 'report', job.id) : undefined)}\n`);
  const last = await result(client, job, { command, output, ownFolder });
  if (last !== '') (json ? process.stderr : words).write(`${json ? '' : '\n'}${last}\n`);
  process.exitCode = stopping.exitCode(exitCodeOf(job));
}

/** Says whether a job can run, in the exit code too. */
async function check(client: Client, body: JobSubmission, json: boolean | undefined): Promise<void> {
  const found = await client.preflightJob({ body });
  if (found.problems.length > 0 && !json) throw new UsageError(`the job cannot run: ${sentenceOf(found.problems)}`);
  print(json, found, () => checkWords(found));
  if (found.problems.length > 0) process.exitCode = EXIT.usage;
}

interface Ending {
  command: Command;
  output: string | undefined;
  ownFolder: string | null;
}

/** Fetches what the job made, and says where it is; or says how to fetch it. */
async function result(client: Client, job: Job, { command, output, ownFolder }: Ending): Promise<string> {
  if (job.state !== 'succeeded')
    return output === undefined
      ? ''
      : `no model was written: the job ${job.state === 'failed' ? 'failed' : 'was cancelled'}`;
  const { digest, isChanged, name } = finalModel(job);
  if (output !== undefined) {
    await save(await client.getArtifact({ digest }), digest, output);
    return `model: ${output}${isChanged ? '' : ' (the input: no pass of this job changes it)'}`;
  }
  const file = name === 'model.onnx' ? 'small.onnx' : name;
  const fetching = ['artifacts', 'get', `${job.id}/${name}`, '-o', file];
  const next = advised(command, ...(isChanged ? fetching : ['report', job.id]));
  return `${isChanged ? 'model' : 'report'}: ${next}${besideServer(command, ownFolder)}`;
}

/** A stored model, or that of a file, which is pushed. */
export async function modelOf(client: Client, reference: string): Promise<Model> {
  if (!(await isModelPath(reference)))
    return findModel(client, reference).catch((error: unknown) => noSuch(error, reference, 'file'));
  const model = await pushModel(client, reference);
  process.stderr.write(`model ${model.id.slice(0, 12)}  ${reference}  ${formatBytes(model.bytes)}\n`);
  return model;
}

/** A stored data set, or that of a folder or manifest, which is pushed. */
export async function datasetOf(client: Client, reference: string): Promise<DatasetRecord> {
  const here = await manifestHere(reference);
  if (here === null)
    return findDataset(client, reference).catch((error: unknown) => noSuch(error, reference, 'folder'));
  const dataset = await pushDataset(client, here.manifest, here.files);
  process.stderr.write(`data set ${dataset.id.slice(0, 12)}  ${reference}  ${formatBytes(dataset.bytes)}\n`);
  return dataset;
}

/**
 * The manifest that a reference means here, with the files that it names; null for what is stored. Throws UsageError for
 * a folder without one, or one that is none.
 */
async function manifestHere(reference: string): Promise<{ manifest: string; files: string[] } | null> {
  if ((await stat(reference).catch(() => null)) === null) return null;
  const manifest = await manifestIn(reference);
  return { manifest, files: await filesOf(manifest) };
}

/** What looks like a path was meant as one. */
function noSuch(error: unknown, reference: string, what: string): never {
  if (error instanceof UsageError && /[\\/]/.test(reference))
    throw new CliError(`there is no ${what} ${reference}, and nothing stored has that name`, EXIT.usage, 'usage', {
      cause: error,
    });
  throw error;
}

function once(value: string, previous: string | undefined): string {
  if (previous !== undefined)
    throw new InvalidArgumentError(
      'It is given twice. The data folder of a local server goes ahead of the command: coldpress --data FOLDER run …',
    );
  return value;
}
