import { writeFile } from 'node:fs/promises';
import { all, type Client } from '#client';
import { foresightText, SweepState, type Sweep, type SweepItem, TrialState } from '#contracts';
import { LIMITS } from '#documents';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { assertWritable, STDOUT } from '../download.js';
import { UsageError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { globalOptionsOf } from '../global-options.js';
import { textFromStdin, textOf } from '../local-file.js';
import { print, table } from '../output.js';
import { advised, besideServer } from '../own-name.js';
import { onServer, type CommandServer } from '../own-server.js';
import { findSweep } from '../references.js';
import { stopWithServer } from '../stop-with-server.js';
import { datasetOf, modelOf } from '../submission.js';
import { exitCodeOfSweep, followSweep, sweepReport } from '../sweeps/follow.js';
import { assignmentOf } from '../sweeps/assignment.js';
import { costLine, forecastLines, progressLine, trialLine, trialTable } from '../sweeps/words.js';
import { collect, context } from './context.js';
import { wholeNumber } from './whole-number.js';

const WARM_START = 'earlier sweeps or jobs, by their ids: what of them this space holds counts as tried';
const REFERENCE = 'id, the start of one, name, or latest';

interface OnSweep<O> {
  client: Client;
  sweep: Sweep;
  json: boolean | undefined;
  command: Command;
  options: O;
}

/**
 * `coldpress sweep run | check | ls | get | watch | front | trials | pause | resume | stop | cancel | extend | add |
 * promote | export | rm`
 */
export function addSweepCommands(program: Command): void {
  const sweeps = program
    .command('sweep')
    .description('search the options of a recipe: launch, follow and steer sweeps');
  addLaunchCommands(sweeps);
  sweeps
    .command('ls')
    .addOption(new Option('--state <state>', 'only sweeps in this state').choices(SweepState.options))
    .option('--search <text>', 'only sweeps with this in their name')
    .option('--limit <count>', 'at most so many', wholeNumber, 50)
    .description('list sweeps, newest first')
    .action(async (options: { state?: SweepState; search?: string; limit: number }, command: Command) => {
      const { client, json } = await context(command);
      const query = { state: options.state, q: options.search };
      const items = await collect(all(client.listSweeps, query), options.limit);
      print(json, items, () => table(['id', 'state', 'trials', 'feasible', 'name'], items.map(row)));
    });
  addReadCommands(sweeps);
  addSteerCommands(sweeps);
  addTrialCommands(sweeps);
}

function addLaunchCommands(sweeps: Command): void {
  const document = '<sweep>';
  const what = 'a sweep in YAML or JSON; - reads it from standard input';
  const model = 'a stored model (id, the start of one, name, or latest), or an ONNX file, which is pushed';
  const data =
    'a stored data set (id, the start of one, name, or latest), or a folder with a dataset.yaml, which is pushed';
  sweeps
    .command('run')
    .argument(document, what)
    .requiredOption('--model <model>', model)
    .option('--data, --dataset <dataset>', data)
    .option('--warm-start <id...>', WARM_START)
    .option('--name <name>', 'name of the sweep')
    .option('--detach', 'launch it and return at once')
    .option('--idempotency-key <key>', 'the same key never launches twice')
    .description('launch a sweep, follow it to its end and show its front')
    .action(run);
  sweeps
    .command('check')
    .argument(document, what)
    .requiredOption('--model <model>', model)
    .option('--data, --dataset <dataset>', data)
    .option('--warm-start <id...>', WARM_START)
    .description('what a sweep would take: trials, stages, time and bytes; nothing is launched')
    .action(async (path: string, options: LaunchOptions, command: Command) => {
      const { client, json } = await context(command);
      const forecast = await client.preflightSweep({
        body: await submissionOf(client, await documentOf(path), options),
      });
      const problems = forecast.problems.map(({ field, message }) => `${field}: ${message}`);
      print(json, forecast, () => [...problems, forecastLines(forecast)].join('\n'));
      if (forecast.problems.length > 0) throw new UsageError('the sweep cannot be launched: mend what is said above');
    });
}

interface LaunchOptions {
  model: string;
  dataset?: string;
  warmStart?: string[];
  name?: string;
  detach?: boolean;
  idempotencyKey?: string;
}

function documentOf(path: string): Promise<string> {
  const limit = LIMITS.recipe.bytes;
  return path === '-' ? textFromStdin(limit, 'a sweep') : textOf(path, limit, 'a sweep');
}

async function submissionOf(client: Client, sweep: string, options: LaunchOptions) {
  const model = await modelOf(client, options.model);
  const dataset = options.dataset === undefined ? null : await datasetOf(client, options.dataset);
  const { name, warmStart } = options;
  return { name, model: model.id, dataset: dataset?.id ?? null, sweep, warmStart };
}

async function run(path: string, options: LaunchOptions, command: Command): Promise<void> {
  const document = await documentOf(path);
  const wish = { work: 'sweep', mayStart: options.detach !== true } as const;
  await onServer(command, wish, (server) => runOn(server, document, options, command));
}

async function runOn(server: CommandServer, document: string, options: LaunchOptions, command: Command): Promise<void> {
  const { client, ownFolder } = server;
  const { json } = globalOptionsOf(command);
  const { idempotencyKey } = options;
  const sweep = await client.launchSweep({ body: await submissionOf(client, document, options) }, { idempotencyKey });
  const isQuiet = json === true || options.detach === true;
  const head = `sweep ${sweep.id}  ${client.url}/#/sweeps/${sweep.id}\n${forecastLines(sweep.forecast)}\n`;
  (isQuiet ? process.stderr : process.stdout).write(head);
  if (options.detach) return void process.stdout.write(`${json ? JSON.stringify(sweep) : sweep.id}\n`);
  const stopping = stopWithServer(server, `sweep ${sweep.id}`, () => client.cancelSweep({ id: sweep.id }));
  await toItsEnd({ client, sweep, json, command }, stopping.interrupt);
  process.exitCode = stopping.exitCode(Number(process.exitCode ?? EXIT.ok));
  if (ownFolder === null) return;
  const next = advised(command, 'sweep', 'get', sweep.id);
  process.stderr.write(`sweep: ${next}${besideServer(command, ownFolder)}\n`);
}

async function toItsEnd(
  { client, sweep, json, command }: Omit<OnSweep<unknown>, 'options'>,
  interrupt?: () => void,
): Promise<void> {
  const ended = await followSweep(client, sweep, command, interrupt);
  const text = json ? '' : await sweepReport(client, ended);
  print(json, ended, () => `\n${text}`);
  process.exitCode = exitCodeOfSweep(ended);
}

function addReadCommands(sweeps: Command): void {
  onSweep(sweeps, 'get', 'one sweep: how far it is, what it took, what it found').action(
    on(async ({ client, sweep, json }) => {
      const text = json ? '' : await sweepReport(client, sweep);
      print(json, sweep, () => `${sweep.id}  ${sweep.title}\n${text}`);
    }),
  );
  onSweep(sweeps, 'watch', 'follow a sweep to its end; the exit code tells how it went').action(
    on((watched) => toItsEnd(watched)),
  );
  onSweep(sweeps, 'front', 'the trials that no other feasible one beats in every objective').action(
    on(async ({ client, sweep, json }) => {
      const results = await client.sweepResults({ id: sweep.id });
      const { front, nearest } = results;
      print(json, results, () =>
        front.length > 0
          ? [trialTable(sweep, front), foresightText(results)].filter((text) => text !== '').join('\n')
          : nearest.length > 0
            ? `no trial holds the constraints; the nearest:\n${trialTable(sweep, nearest)}`
            : 'no trial is complete',
      );
    }),
  );
  onSweep(sweeps, 'trials', 'every trial, in the order of asking')
    .addOption(new Option('--state <state>', 'only trials in this state').choices(TrialState.options))
    .action(
      on<{ state?: TrialState }>(async ({ client, sweep, json, options }) => {
        const query = { id: sweep.id, state: options.state, limit: 1000 };
        const trials = await collect(all(client.listTrials, query));
        print(json, trials, () => trialTable(sweep, trials));
      }),
    );
  onSweep(sweeps, 'export', 'everything about a sweep as JSON, or its trials as CSV')
    .addOption(new Option('--format <format>', 'csv or json').choices(['csv', 'json']).default('csv'))
    .option('-o, --output <file>', 'file to write, - for standard output', STDOUT)
    .action(
      on<{ format: string; output: string }>(async ({ client, sweep: { id }, options: { format, output } }) => {
        await assertWritable(output);
        const text = await (format === 'csv' ? client.sweepAsCsv({ id }) : client.sweepAsJson({ id }));
        if (output === STDOUT) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
        else await writeFile(output, text);
      }),
    );
}

function addSteerCommands(sweeps: Command): void {
  const acts = {
    pause: ['begin no trial until it is resumed; those that run go on', 'pauseSweep'],
    resume: ['go on after a pause', 'resumeSweep'],
    stop: ['begin no trial any more and end with those that run', 'stopSweep'],
    cancel: ['end at once; stages that run are killed', 'cancelSweep'],
  } as const;
  for (const [name, [description, call]] of Object.entries(acts))
    onSweep(sweeps, name, description).action(
      on(async ({ client, sweep: { id }, json }) => {
        const sweep = await client[call]({ id });
        print(json, sweep, () => `${id}  ${progressLine(sweep)}`);
      }),
    );
  onSweep(sweeps, 'extend', 'more trials or time, another parallelism, or a wider space; also while it runs')
    .option('--trials <count>', 'trials in all', wholeNumber)
    .option('--minutes <minutes>', 'minutes of searching in all', positive)
    .option('--parallel <count>', 'trials that run at a time', wholeNumber)
    .option('--sweep <file>', 'the sweep anew, with other ranges')
    .action(
      on<ChangeOptions>(async ({ client, sweep: { id }, json, options }) => {
        const changed = await client.changeSweep({ id, body: await changeOf(options) });
        print(json, changed, () => `${id}  ${progressLine(changed)}\n${costLine(changed)}`);
      }),
    );
  onSweep(sweeps, 'rm', 'forget a sweep that has ended, with its trials and their jobs').action(
    on(async ({ client, sweep: { id, name }, json }) => {
      await client.deleteSweep({ id });
      print(json, { id, removed: true }, () => `removed ${id}${name === null ? '' : `  ${name}`}`);
    }),
  );
}

interface ChangeOptions {
  trials?: number;
  minutes?: number;
  parallel?: number;
  sweep?: string;
}

async function changeOf({ sweep, trials, minutes, parallel }: ChangeOptions) {
  const limits = { trials, minutes, parallel };
  if ([sweep, trials, minutes, parallel].every((option) => option === undefined))
    throw new UsageError('say what changes: --trials, --minutes, --parallel or --sweep');
  const text = sweep === undefined ? {} : { sweep: await textOf(sweep, LIMITS.recipe.bytes, 'a sweep') };
  return { ...limits, ...text };
}

function addTrialCommands(sweeps: Command): void {
  onSweep(sweeps, 'add', 'begin a trial made by hand, at once and beside those that run')
    .argument('<values...>', 'a value for each parameter, as in quantize.weightBits=4 prune.ratio=0.5')
    .action(async (reference: string, values: string[], _options: object, command: Command) => {
      const { client, json } = await context(command);
      const sweep = await findSweep(client, reference);
      const trial = await client.addTrial({ id: sweep.id, body: { assignment: assignmentOf(values) } });
      print(json, trial, () => trialLine(sweep, trial));
    });
  onSweep(sweeps, 'promote', "put a trial's model among the models of the store, under a name")
    .argument('<trial>', 'number of the trial')
    .requiredOption('--name <name>', 'name of the model')
    .action(async (reference: string, number: string, { name }: { name: string }, command: Command) => {
      const { client, json } = await context(command);
      const { id } = await findSweep(client, reference);
      const model = await client.promoteTrial({ id, number: String(wholeNumber(number)), body: { name } });
      print(json, model, () => `${model.id}  ${model.name}`);
    });
}

function onSweep(sweeps: Command, name: string, description: string): Command {
  return sweeps.command(name).argument('<sweep>', REFERENCE).description(description);
}

/** The action of a command about one sweep. */
function on<O = object>(action: (on: OnSweep<O>) => Promise<void>) {
  return async (reference: string, options: O, command: Command): Promise<void> => {
    const { client, json } = await context(command);
    await action({ client, json, command, options, sweep: await findSweep(client, reference) });
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function row({ id, state, counts, trials, feasible, title }: SweepItem): string[] {
  const ended = counts.complete + counts.stopped + counts.failed + counts.infeasible;
  return [id, state, `${ended}${trials === null ? '' : ` of ${trials}`}`, String(feasible), title];
}
