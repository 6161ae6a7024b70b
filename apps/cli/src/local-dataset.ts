import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetManifest, fieldProblems, manifestFiles, schemaKeys } from '#contracts';
import { DocumentError, LIMITS, readDocument } from '#documents';
import { UsageError } from './errors.js';
import { textOf } from './local-file.js';

const ARRAY_FILES = /\.(npz|npy|safetensors)$/i;
const MANIFEST_FILES = ['dataset.yaml', 'dataset.yml', 'dataset.json'];

/** The manifest itself, or that of a folder. Throws UsageError for a folder without one. */
export async function manifestIn(path: string): Promise<string> {
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
