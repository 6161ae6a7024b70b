import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { DatasetManifest, fieldProblems, schemaKeys, sentenceOf, StoredDataset } from '#contracts';
import { DocumentError, LIMITS, readDocument } from '#documents';
import { DatasetError } from './errors.js';

/** Manifest names in the order they are looked for: the store's document first, then what people write. */
export const MANIFEST_FILES = ['dataset.json', 'dataset.yaml', 'dataset.yml'] as const;

/**
 * Reads a manifest, or that of a folder, from a stored document or a user's own file. Throws DatasetError naming each
 * wrong field.
 */
export async function readManifest(path: string): Promise<{ folder: string; manifest: DatasetManifest }> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) return { folder: dirname(path), manifest: await manifestIn(path, found.size) };
  for (const file of MANIFEST_FILES) {
    const own = await stat(join(path, file)).catch(() => null);
    if (own) return { folder: path, manifest: await manifestIn(join(path, file), own.size) };
  }
  throw new DatasetError('dataset_manifest', 'no manifest in the folder', {
    expected: MANIFEST_FILES.join(' or '),
    wayOut: 'write one as docs/datasets.md shows, or let `datasets init` write it',
  });
}

async function manifestIn(path: string, bytes: number): Promise<DatasetManifest> {
  const file = basename(path);
  if (bytes > LIMITS.manifest.bytes)
    throw new DatasetError('dataset_limit', 'manifest too long', {
      file,
      expected: `at most ${LIMITS.manifest.bytes} bytes`,
      got: `${bytes}`,
    });
  return parseManifest(await readFile(path, 'utf8'), file);
}

/** Parses a manifest, or a stored data set's document, from YAML or JSON text; `file` is for messages. */
export function parseManifest(text: string, file = 'manifest'): DatasetManifest {
  const document = parseText(text, file);
  if (isStored(document)) return checked(StoredDataset, document, file).manifest;
  return checked(DatasetManifest, document, file);
}

function parseText(text: string, file: string): unknown {
  try {
    return readDocument(text, LIMITS.manifest);
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause;
    throw new DatasetError('dataset_manifest', `cannot be read: ${cause.message}`, { file }, { cause });
  }
}

function isStored(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'manifest' in document;
}

function checked<T extends z.ZodType>(schema: T, document: unknown, file: string): z.infer<T> {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const problems = fieldProblems(result.error.issues, { validKeys: (path) => schemaKeys(schema, path) });
  throw new DatasetError(
    'dataset_manifest',
    sentenceOf(problems),
    { file, wayOut: 'docs/datasets.md lists the fields' },
    { cause: result.error },
  );
}
