import { DatasetManifest } from '#contracts';
import { parse } from 'yaml';
import { ApiError } from '../problems/api-error.js';
import { parseWith } from '../problems/issues.js';

/** A manifest is written by hand. */
export const MAX_MANIFEST_BYTES = 1024 ** 2;

/** Throws ApiError naming each wrong field. */
export function parseManifest(text: string): DatasetManifest {
  return parseWith(DatasetManifest, parseText(text), 'dataset_manifest', 'the manifest');
}

/** Names of the files that the splits read, each once. */
export function filesOf({ splits }: DatasetManifest): string[] {
  return [...new Set(Object.values(splits).flatMap((split) => (split ? [split.file] : [])))];
}

function parseText(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 10 });
  } catch (cause) {
    throw new ApiError('dataset_manifest', `the manifest is neither YAML nor JSON: ${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}`, [], { cause });
  }
}
