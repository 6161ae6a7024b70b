import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { DatasetManifest, Split, StoredDataset } from '#contracts';
import { DatasetError } from './errors.js';
import { MAX_MANIFEST_BYTES } from './limits.js';

/** Manifest names in the order they are looked for: the store's document first, then what people write. */
export const MANIFEST_FILES = ['dataset.json', 'dataset.yaml', 'dataset.yml'] as const;

/** Reads the manifest of a folder, from a stored document or a user's own file. Throws DatasetError naming each wrong field. */
export async function readManifest(folder: string): Promise<DatasetManifest> {
  for (const file of MANIFEST_FILES) {
    const found = await stat(join(folder, file)).catch(() => null);
    if (!found) continue;
    if (found.size > MAX_MANIFEST_BYTES) throw new DatasetError('dataset_limit', 'manifest too long', { file, expected: `at most ${MAX_MANIFEST_BYTES} bytes`, got: `${found.size}` });
    return parseManifest(await readFile(join(folder, file), 'utf8'), file);
  }
  throw new DatasetError('dataset_manifest', 'no manifest in the folder', { expected: MANIFEST_FILES.join(' or '), wayOut: 'write one as docs/datasets.md shows' });
}

/** Parses a manifest, or a stored data set's document, from YAML or JSON text; `file` is for messages. */
export function parseManifest(text: string, file = 'manifest'): DatasetManifest {
  const document = parseText(text, file);
  if (isStored(document)) return checked(StoredDataset, document, file).manifest;
  return checked(DatasetManifest, document, file);
}

/** Names of the files that a manifest's splits read, each once. */
export function manifestFiles(manifest: DatasetManifest): string[] {
  return [...new Set(Object.values(manifest.splits).flatMap((split) => (split ? [split.file] : [])))];
}

function parseText(text: string, file: string): unknown {
  try {
    // JSON is YAML; aliases are capped by the parser, so a document cannot grow by repeating itself.
    return parse(text, { maxAliasCount: 10 });
  } catch (cause) {
    throw new DatasetError('dataset_manifest', `not YAML or JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { file }, { cause });
  }
}

function isStored(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'manifest' in document;
}

function checked<T extends z.ZodType>(schema: T, document: unknown, file: string): z.infer<T> {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const problems = result.error.issues.map(describeIssue);
  throw new DatasetError('dataset_manifest', problems.join('; '), { file, wayOut: 'docs/datasets.md lists the fields' }, { cause: result.error });
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const field = issue.path.join('.') || 'document';
  if (issue.code !== 'unrecognized_keys') return `${field}: ${issue.message}`;
  const valid = fieldsAt(issue.path.filter((part) => part !== 'manifest'));
  return `${field}: there is no ${issue.keys.map((key) => `"${key}"`).join(', ')} here${valid ? `; the fields are ${valid.join(', ')}` : ''}`;
}

/** The fields of the object at a path of the manifest; undefined inside a preprocessing operation, whose own error names them. */
function fieldsAt([section, ...rest]: PropertyKey[]): string[] | undefined {
  const { inputs, labels, splits } = DatasetManifest.shape;
  if (section === undefined) return Object.keys(DatasetManifest.shape);
  if (section === 'labels') return Object.keys(labels.unwrap().shape);
  if (section === 'splits') return rest.length === 0 ? Object.keys(splits.shape) : Object.keys(Split.shape);
  return rest.length === 1 ? Object.keys(inputs.valueType.shape) : undefined;
}
