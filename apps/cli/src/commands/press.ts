import type { Client } from '#client';
import type { Job, Sweep } from '#contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { stringify } from 'yaml';
import { assertWritable, save } from '../download.js';
import { EXIT } from '../exit-codes.js';
import { finalModel } from '../final-model.js';
import { print } from '../output.js';
import { advised } from '../own-name.js';
import { datasetOf, modelOf } from '../submission.js';
import { followSweep, sweepReport } from '../sweeps/follow.js';
import { forecastLines } from '../sweeps/words.js';
import { context } from './context.js';

interface PressOptions {
  dataset: string;
  maxDrop: number;
  maxBytes?: number;
  maxMs?: number;
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
    .option('--max-ms <ms>', 'largest 95th percentile of latency, on the machine of the worker', number)
    .option('--minutes <minutes>', 'begins no trial after so many', number)
    .option('--name <name>', 'name of the sweep')
    .option('-o, --output <file>', 'file for the model that is found')
    .description('find the smallest model within these bounds; what is searched follows from the model and the data')
    .action(press);
}

async function press(reference: string, options: PressOptions, command: Command): Promise<void> {
  const { client, json } = await context(command);
  if (options.output !== undefined) await assertWritable(options.output);
  const { id: model } = await modelOf(client, reference);
  const { id: dataset } = await datasetOf(client, options.dataset);
  const { maxBytes, maxMs, minutes, name } = options;
  const bounds = { model, dataset, maxDrop: options.maxDrop / 100, maxBytes, maxMs, minutes, name };
  const launched = await client.pressModel({ body: bounds });
  process.stderr.write(
    `sweep ${launched.id}  ${client.url}/#/sweeps/${launched.id}\n${forecastLines(launched.forecast)}\n`,
  );
  const sweep = await followSweep(client, launched, command);
  const answer = await answerOf(client, sweep);
  const words = json ? '' : await reportOf(client, sweep, answer);
  print(json, { sweep, recipe: answer?.recipe ?? null }, () => words);
  if (answer && options.output !== undefined) await fetch(client, answer, options.output);
  process.exitCode = answer ? EXIT.ok : sweep.state === 'finished' ? EXIT.gates : EXIT.failed;
  if (answer && options.output === undefined)
    process.stderr.write(
      `model: ${advised(command, 'artifacts', 'get', `${answer.id}/model.onnx`, '-o', 'small.onnx')}\n`,
    );
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
