import { readFile } from 'node:fs/promises';
import { DatasetManifest, fieldProblems, schemaKeys, type Dataset } from '#contracts';
import { DocumentError, LIMITS, readDocument } from '#documents';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { bytes, print, table } from '../output.js';
import { collect, context, isUri } from './context.js';

/** `coldpress datasets push | ls` */
export function addDatasetCommands(program: Command): void {
  const datasets = program.command('datasets').description('store and look at data sets');

  datasets
    .command('push')
    .argument('<manifest-or-uri>', 'dataset.yaml, with the files that it names beside it, or an s3:// or file:// URI of one')
    .description('upload a data set, or register one that lies elsewhere')
    .action(async (source: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const dataset = isUri(source) ? await client.registerDataset(source) : await client.pushDataset(source, await filesOf(source));
      print(json, dataset, () => [`${dataset.id}  ${dataset.name}  ${bytes(dataset.bytes)}`, ...(dataset.inspection.warnings ?? []).map((warning) => `warning: ${warning}`)].join('\n'));
    });

  datasets
    .command('ls')
    .description('list data sets, newest first')
    .action(async (_options: object, command: Command) => {
      const { client, json } = await context(command);
      const items = await collect(client.listDatasets());
      print(json, items, () => table(['id', 'name', 'size', 'samples'], items.map((dataset) => [dataset.id, dataset.name, bytes(dataset.bytes), samples(dataset)])));
    });
}

/** Names of the files that a manifest refers to, each once. Throws UsageError when it is not a manifest. */
export async function filesOf(manifestPath: string): Promise<string[]> {
  const text = await readFile(manifestPath, 'utf8').catch((cause: Error) => {
    throw new UsageError(`cannot read ${manifestPath}: ${cause.message}`, { cause });
  });
  const manifest = DatasetManifest.safeParse(documentOf(text, manifestPath));
  if (!manifest.success) {
    const problems = fieldProblems(manifest.error.issues, { validKeys: (path) => schemaKeys(DatasetManifest, path) });
    throw new UsageError(`${manifestPath} is not a data set manifest${problems.map(({ field, message }) => `\n  ${field || 'manifest'}: ${message}`).join('')}`);
  }
  return [...new Set(Object.values(manifest.data.splits).map((split) => split.file))];
}

function documentOf(text: string, path: string): unknown {
  try {
    return readDocument(text, LIMITS.manifest);
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause;
    throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
  }
}

function samples({ inspection }: Dataset): string {
  return Object.entries(inspection.splits).map(([split, count]) => `${split} ${count}`).join(', ');
}
