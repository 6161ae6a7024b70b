import { createHash } from 'node:crypto';
import type { StoredDataset } from '#contracts';

/** A data set's own digest: SHA-256 of its document as canonical JSON (keys sorted, no white space). */
export function datasetDigest(dataset: StoredDataset): string {
  return createHash('sha256')
    .update(JSON.stringify(sortKeys(dataset)))
    .digest('hex');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const byName = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(byName.map(([key, item]) => [key, sortKeys(item)]));
}
