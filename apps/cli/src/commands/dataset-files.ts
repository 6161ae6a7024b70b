import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { connectToServer } from '../connection.js';
import { UsageError } from '../errors.js';
import { globalOptionsOf } from '../global-options.js';
import { inspectionOf, runnableModel, writeGuess } from '../guess-dataset.js';
import { manifestIn } from '../local-dataset.js';
import { print } from '../output.js';
import { whileWaiting } from '../patience.js';

const MODEL = 'the model that the data is for: a file, or a stored one (id, the start of one, name, or latest)';

/**
 * `coldpress datasets init | preview`: what is done with data that lies here, without a server where the model lies
 * here too.
 */
export function addDatasetFileCommands(datasets: Command): void {
  datasets
    .command('init')
    .argument('<folder-or-file>', 'pictures or .wav files in folders by class, arrays, or a table')
    .requiredOption('--for <model>', MODEL)
    .option('-o, --output <file>', 'where to write it; beside the data by default')
    .option('--force', 'write over a manifest that is there')
    .description('guess the manifest of a data set from its files and a model, and write it with comments')
    .action(async (path: string, options: { for: string; output?: string; force?: boolean }, command: Command) => {
      const { json } = globalOptionsOf(command);
      const model = await inspectionOf(options.for, () => connectToServer(globalOptionsOf(command)));
      const guess = await writeGuess(path, model, { target: options.output, force: options.force ?? false });
      print(json, guess, () => guessText(guess));
    });

  datasets
    .command('preview')
    .argument('<manifest-or-folder>', 'a manifest, or a folder or file with one in it or beside it')
    .requiredOption('--for <model>', MODEL)
    .option('-o, --output <folder>', 'where the pictures go', 'preview')
    .option('--count <samples>', 'how many', wholeNumber, 3)
    .description('show samples as the model gets them, after preprocessing, with their labels and what it answers')
    .action(async (path: string, options: { for: string; output: string; count: number }, command: Command) => {
      const { json } = globalOptionsOf(command);
      const model = await runnableModel(options.for, () => connectToServer(globalOptionsOf(command)));
      const shown = await whileWaiting('the model runs on the data', preview(await manifestIn(path), model, options));
      print(json, shown, () => shown.lines.join('\n'));
    });
}

/** What was written, and what to look at. */
export function guessText({ path, notes }: { path: string; notes: readonly string[] }): string {
  return [`manifest: ${path}`, ...notes.map((note) => `  look at it: ${note}`)].join('\n');
}

async function preview(
  manifest: string,
  model: Uint8Array,
  { output, count }: { output: string; count: number },
): Promise<{ split: string; files: string[]; accuracy: unknown; lines: string[] }> {
  const { chanceWarning, DatasetError, previewDataset } = await import('#datasets');
  const { ModelLoadError, RunError } = await import('#inference');
  const found = await previewDataset(manifest, model, { count }).catch((cause: unknown) => {
    if (cause instanceof DatasetError || cause instanceof ModelLoadError || cause instanceof RunError)
      throw new UsageError(`the data does not fit the model: ${cause.message}`, { cause });
    throw cause;
  });
  const files: string[] = [];
  const lines: string[] = [];
  if (found.samples.some(({ picture }) => picture)) await mkdir(output, { recursive: true });
  for (const [index, sample] of found.samples.entries()) {
    const file = join(output, `sample-${index}.png`);
    if (sample.picture) {
      await writeFile(file, sample.picture);
      files.push(file);
    }
    lines.push(`sample ${index} of ${found.split}${sample.picture ? `  ${file}` : ''}`);
    lines.push(...sample.inputs.map(rangeText), `  label   ${sample.label ?? 'none'}`, `  answer  ${sample.answer}`);
  }
  const { accuracy } = found;
  if (accuracy) lines.push(`top-1 of ${accuracy.samples} samples: ${(100 * accuracy.top1).toFixed(1)} %`);
  const warning = accuracy && chanceWarning(accuracy);
  if (warning) lines.push(`warning: ${warning}`);
  if (found.unmeasured !== null) lines.push(`warning: top-1 not measured: ${found.unmeasured}`);
  return { split: found.split, files, accuracy, lines };
}

function rangeText(input: {
  name: string;
  dims: readonly number[];
  least: number;
  mean: number;
  most: number;
}): string {
  const short = (value: number) => Number(value.toPrecision(3));
  const [least, mean, most] = [input.least, input.mean, input.most].map(short);
  return `  ${input.name} [${input.dims.join(', ')}]  from ${least} to ${most}, mean ${mean}`;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 9999.');
  return Number(text);
}
