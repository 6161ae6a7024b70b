import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetManifest, fieldProblems, formatBytes, schemaKeys, type Dataset } from '#contracts';
import { DocumentError, LIMITS, readDocument } from '#documents';
import type { Command } from 'commander';
import type { Client } from '../client.js';
import { UsageError } from '../errors.js';
import { textOf } from '../local-file.js';
import { print, table } from '../output.js';
import { collect, context, isUri } from './context.js';

/** `coldpress datasets push | ls` */
export function addDatasetCommands(program: Command): void {
  const datasets = program.command('datasets').description('store and look at data sets');

  datasets
    .command('push')
    .argument(
      '<manifest-or-uri>',
      'dataset.yaml or its folder, with the files that it names beside it, or an s3:// or file:// URI of one',
    )
    .description('upload a data set, or register one that lies elsewhere')
    .action(async (source: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const dataset = isUri(source)
        ? await client.registerDataset(source)
        : await pushed(client, await manifestIn(source));
      print(json, dataset, () =>
        [
          `${dataset.id}  ${dataset.name}  ${formatBytes(dataset.bytes)}`,
          ...(dataset.inspection.warnings ?? []).map((warning) => `warning: ${warning}`),
        ].join('\n'),
      );
    });

  datasets
    .command('ls')
    .description('list data sets, newest first')
    .action(async (_options: object, command: Command) => {
      const { client, json } = await context(command);
      const items = await collect(client.listDatasets());
      print(json, items, () =>
        table(
          ['id', 'name', 'size', 'samples'],
          items.map((dataset) => [dataset.id, dataset.name, formatBytes(dataset.bytes), samples(dataset)]),
        ),
      );
    });
}

async function pushed(client: Client, manifest: string): Promise<Dataset> {
  return client.pushDataset(manifest, await filesOf(manifest));
}

const ARRAY_FILES = /\.(npz|npy|safetensors)$/i;
const MANIFEST_FILES = ['dataset.yaml', 'dataset.yml', 'dataset.json'];

/** The manifest itself, or that of a folder. Throws UsageError for a folder without one. */
async function manifestIn(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) return path;
  const files = await readdir(path);
  const manifest = MANIFEST_FILES.find((name) => files.includes(name));
  if (manifest === undefined)
    throw new UsageError(
      `the folder ${path} holds no manifest: write ${MANIFEST_FILES.join(' or ')} as docs/datasets.md shows`,
    );
  return join(path, manifest);
}

/** Names of the files that a manifest refers to, each once. Throws UsageError when it is not a manifest. */
export async function filesOf(manifestPath: string): Promise<string[]> {
  if (ARRAY_FILES.test(manifestPath))
    throw new UsageError(
      `${manifestPath} holds arrays and is no manifest: push the dataset.yaml that names it (docs/datasets.md shows one)`,
    );
  const text = await textOf(manifestPath, LIMITS.manifest.bytes, 'a manifest');
  const manifest = DatasetManifest.safeParse(documentOf(text, manifestPath));
  if (!manifest.success) {
    const problems = fieldProblems(manifest.error.issues, { validKeys: (path) => schemaKeys(DatasetManifest, path) });
    throw new UsageError(
      `${manifestPath} is not a data set manifest${problems.map(({ field, message }) => `\n  ${field || 'manifest'}: ${message}`).join('')}`,
    );
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
  return Object.entries(inspection.splits)
    .map(([split, count]) => `${split} ${count}`)
    .join(', ');
}
