import { all, type Client } from '#client';
import { formatBytes, manifestFiles, type DatasetRecord } from '#contracts';
import type { Command } from 'commander';
import { inspectionOf, writeGuess } from '../guess-dataset.js';
import { filesOf, manifestIn, manifestNear } from '../local-dataset.js';
import { print, table } from '../output.js';
import { findDataset } from '../references.js';
import { pushDataset } from '../uploads.js';
import { collect, context, isUri } from './context.js';
import { addDatasetFileCommands, guessText } from './dataset-files.js';

const REFERENCE = 'id, the start of one, name, or latest';

/** `coldpress datasets push | init | preview | ls | inspect | rm` */
export function addDatasetCommands(program: Command): void {
  const datasets = program.command('datasets').description('store and look at data sets');

  datasets
    .command('push')
    .argument(
      '<folder-or-uri>',
      'a folder or file of data with its manifest in it or beside it, or the manifest; or an s3:// or file:// URI of one',
    )
    .option('--for <model>', 'guess and write the manifest for this model where there is none, as init does')
    .description('upload a data set, or register one that lies elsewhere')
    .action(async (source: string, options: { for?: string }, command: Command) => {
      const { client, json } = await context(command);
      const manifest = isUri(source) ? undefined : await manifestOf(client, source, options.for);
      const register = () => client.registerDataset({ body: { uri: source } });
      const push = async (path: string) => pushDataset(client, path, await filesOf(path));
      const dataset = manifest === undefined ? await register() : await push(manifest);
      const line = `${dataset.id}  ${dataset.name}  ${formatBytes(dataset.bytes)}`;
      print(json, dataset, () => [line, ...warnings(dataset)].join('\n'));
    });

  addDatasetFileCommands(datasets);

  datasets
    .command('ls')
    .description('list data sets, newest first')
    .action(async (_options: object, command: Command) => {
      const { client, json } = await context(command);
      const items = await collect(all(client.listDatasets, {}));
      const row = (dataset: DatasetRecord) => [dataset.id, dataset.name, formatBytes(dataset.bytes), samples(dataset)];
      print(json, items, () => table(['id', 'name', 'size', 'samples'], items.map(row)));
    });

  const inspect = datasets.command('inspect').argument('<dataset>', REFERENCE);
  inspect
    .description('inputs after preprocessing, labels, samples per split and files of a data set')
    .action(async (reference: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const dataset = await findDataset(client, reference);
      print(json, dataset, () => describe(dataset));
    });

  const rm = datasets.command('rm').argument('<dataset>', REFERENCE);
  rm.description('forget a data set that no job refers to').action(
    async (reference: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const { id, name } = await findDataset(client, reference);
      await client.deleteDataset({ id });
      print(json, { id, removed: true }, () => `removed ${id}  ${name}`);
    },
  );
}

/** The manifest of a folder or file, guessed for a model where there is none. */
async function manifestOf(client: Client, source: string, model: string | undefined): Promise<string> {
  const found = await manifestNear(source);
  if (found !== null || model === undefined) return manifestIn(source);
  const guess = await writeGuess(source, await inspectionOf(model, async () => client), {});
  process.stderr.write(`${guessText(guess)}\n`);
  return guess.path;
}

function describe(dataset: DatasetRecord): string {
  const { id, name, bytes, manifest, inspection } = dataset;
  const inputs = Object.entries(inspection.inputs).map(([input, value]) => `${input}: ${shapeOf(value)}`);
  return [
    `${name}  ${formatBytes(bytes)}`,
    `id          ${id}`,
    `inputs      ${inputs.join('; ')} (of a sample, after preprocessing)`,
    `labels      ${labels(dataset)}`,
    `samples     ${samples(dataset)}`,
    `files       ${manifestFiles(manifest).join(', ')}`,
    ...warnings(dataset),
  ].join('\n');
}

function labels({ inspection: { classes, targets } }: DatasetRecord): string {
  if (classes !== null) return `${classes} classes`;
  return targets === undefined ? 'none' : `numbers of shape [${targets.join(', ')}]`;
}

function warnings({ inspection }: DatasetRecord): string[] {
  return (inspection.warnings ?? []).map((warning) => `warning: ${warning}`);
}

function samples({ inspection }: DatasetRecord): string {
  return Object.entries(inspection.splits)
    .map(([split, count]) => `${split} ${count}`)
    .join(', ');
}

function shapeOf({ type, dims }: { type: string; dims: readonly unknown[] }): string {
  return `${type}[${dims.join(', ')}]`;
}
