import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { DatasetManifest, fieldProblems, manifestFiles, schemaKeys } from '#contracts';
import { DocumentError, LIMITS, readDocument } from '#documents';
import { UsageError } from './errors.js';
import { textOf } from './local-file.js';
import { commandName } from './command-name.js';

const MANIFESTS = /\.(ya?ml|json)$/i;
const MANIFEST_FILES = ['dataset.yaml', 'dataset.yml', 'dataset.json'];

/**
 * The manifest itself, or that in a folder, or the one beside a folder or file of data. Throws UsageError where there
 * is none.
 */
export async function manifestIn(path: string): Promise<string> {
  const manifest = await manifestNear(path);
  if (manifest !== null) return manifest;
  throw new UsageError(
    `${path} has no manifest: \`${commandName()} datasets init ${path} --for MODEL\` guesses and writes one, docs/datasets.md shows how`,
  );
}

/** The same, or null where there is none yet. */
export async function manifestNear(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (!found || (found.isFile() && MANIFESTS.test(path))) return path;
  const files = found.isDirectory() ? await readdir(path) : [];
  const inside = MANIFEST_FILES.find((name) => files.includes(name));
  if (inside !== undefined) return join(path, inside);
  const beside = join(dirname(path), `${basename(path, found.isDirectory() ? '' : extname(path))}.yaml`);
  return (await stat(beside).catch(() => null))?.isFile() ? beside : null;
}

/** Names of the files that a manifest refers to, each once. Throws UsageError when it is not a manifest. */
export async function filesOf(manifestPath: string): Promise<string[]> {
  const text = await textOf(manifestPath, LIMITS.manifest.bytes, 'a manifest');
  const manifest = DatasetManifest.safeParse(documentOf(text, manifestPath));
  if (!manifest.success) {
    const problems = fieldProblems(manifest.error.issues, { validKeys: (path) => schemaKeys(DatasetManifest, path) });
    throw new UsageError(
      `${manifestPath} is not a data set manifest${problems.map(({ field, message }) => `\n  ${field || 'manifest'}: ${message}`).join('')}`,
    );
  }
  return manifestFiles(manifest.data);
}

function documentOf(text: string, path: string): unknown {
  try {
    return readDocument(text, LIMITS.manifest);
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause;
    throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
  }
}
