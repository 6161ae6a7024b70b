import type { Client } from '#client';
import type { Job, Sweep } from '#contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { stringify } from 'yaml';
import { assertWritable, save } from '../download.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { finalModel } from '../final-model.js';
import { globalOptionsOf } from '../global-options.js';
import { print } from '../output.js';
import { advised, besideServer } from '../own-name.js';
import { onServer, type CommandServer } from '../own-server.js';
import { stopWithServer } from '../stop-with-server.js';
import { datasetOf, modelOf } from '../submission.js';
import { followSweep, sweepReport } from '../sweeps/follow.js';
import { forecastLines } from '../sweeps/words.js';

interface PressOptions {
  dataset: string;
  maxDrop: number;
  maxBytes?: number;
  maxMs?: number;
  device?: string;
  minutes?: number;
  name?: string;
  output?: string;
}

/** `coldpress press net.onnx --data folder --max-drop 0.5` */
export function addPressCommand(program: Command): void {
  program
    .command('press')
    .argument('<model>', 'a stored model (id, the start of one, name, or latest), or an ONNX file, which is pushed')
    .requiredOption(
      '--data, --dataset <dataset>',
      'a stored data set (id, the start of one, name, or latest), or a folder with a dataset.yaml, which is pushed',
    )
    .option('--max-drop <points>', 'percentage points of accuracy that may be lost', number, 1)
    .option('--max-bytes <bytes>', 'largest size on disk', number)
    .option('--max-ms <ms>', 'largest 95th percentile of latency, on the machine of the worker or the device', number)
    .option('--device <name>', 'device on which --max-ms is measured')
    .option('--minutes <minutes>', 'begins no trial after so many', number)
    .option('--name <name>', 'name of the sweep')
    .option('-o, --output <file>', 'file for the model that is found')
    .description('find the smallest model within these bounds; what is searched follows from the model and the data')
    .action(press);
}

async function press(reference: string, options: PressOptions, command: Command): Promise<void> {
  if (options.output !== undefined) await assertWritable(options.output);
  await onServer(command, { work: 'sweep' }, (server) => pressOn(server, reference, options, command));
}

async function pressOn(
  server: CommandServer,
  reference: string,
  options: PressOptions,
  command: Command,
): Promise<void> {
  const { client, ownFolder } = server;
  const { json } = globalOptionsOf(command);
  const { id: model } = await modelOf(client, reference);
  const { id: dataset } = await datasetOf(client, options.dataset);
  const { maxBytes, maxMs, device, minutes, name } = options;
  const bounds = { model, dataset, maxDrop: options.maxDrop / 100, maxBytes, maxMs, device, minutes, name };
  const launched = await client.pressModel({ body: bounds });
  process.stderr.write(
    `sweep ${launched.id}  ${client.url}/#/sweeps/${launched.id}\n${forecastLines(launched.forecast)}\n`,
  );
  const { id } = launched;
  const stopping = stopWithServer(server, `sweep ${id}`, () => client.cancelSweep({ id }));
  const sweep = await followSweep(client, launched, command, stopping.interrupt);
  const answer = await answerOf(client, sweep);
  const words = json ? '' : await reportOf(client, sweep, answer);
  print(json, { sweep, recipe: answer?.recipe ?? null }, () => words);
  if (answer && options.output !== undefined) await fetch(client, answer, options.output);
  process.exitCode = stopping.exitCode(exitCodeOf(answer, sweep));
  if (!answer || options.output !== undefined) return;
  const next = advised(command, 'artifacts', 'get', `${answer.id}/model.onnx`, '-o', 'small.onnx');
  process.stderr.write(`model: ${next}${besideServer(command, ownFolder)}\n`);
}

function exitCodeOf(answer: Job | null, { state }: Sweep): ExitCode {
  if (answer) return EXIT.ok;
  return state === 'finished' ? EXIT.gates : EXIT.failed;
}

/** The job whose model holds the bounds on samples that the search did not see; null where none does. */
async function answerOf(client: Client, { verification }: Sweep): Promise<Job | null> {
  const last = verification.at(-1);
  return last?.passed ? client.getJob({ id: last.jobId }) : null;
}

async function reportOf(client: Client, sweep: Sweep, answer: Job | null): Promise<string> {
  const found = await sweepReport(client, sweep);
  if (!answer) return `\n${found}\n\nno model holds the bounds on samples that the search did not see`;
  const gates = answer.gates.map(({ explanation }) => `pass  ${explanation}`);
  return `\n${found}\n\nrecipe:\n${stringify(answer.recipe)}\non samples that the search did not see:\n${gates.join('\n')}`;
}

async function fetch(client: Client, job: Job, path: string): Promise<void> {
  const { digest } = finalModel(job);
  await save(await client.getArtifact({ digest }), digest, path);
  process.stderr.write(`model: ${path}\n`);
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('Give a number from 0.');
  return value;
}
