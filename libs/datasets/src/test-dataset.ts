import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetManifest } from '#contracts';
import { DatasetError, type DatasetErrorCode } from './errors.js';
import { writeNpz, type NpzArray } from './write-npz.js';

/** Lets `use` see a folder with the given files, which is gone afterwards. */
export async function withFolder<T>(
  files: Record<string, Uint8Array | string>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-datasets-'));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A data set of six samples of shape [2] (values 0..11) and their labels, changed as a test needs it. */
export function smallDataset({
  manifest = {},
  arrays = {},
  compress = false,
}: { manifest?: Partial<DatasetManifest>; arrays?: Record<string, NpzArray>; compress?: boolean } = {}): Record<
  string,
  Uint8Array | string
> {
  const all: Record<string, NpzArray> = {
    x: { dtype: 'f4', dims: [6, 2], data: Float32Array.from({ length: 12 }, (_, i) => i) },
    y: { dtype: 'i8', dims: [6], data: BigInt64Array.from([0n, 1n, 2n, 0n, 1n, 2n]) },
    ...arrays,
  };
  const document = {
    name: 'small',
    inputs: { '*': { array: 'x' } },
    labels: { array: 'y', classes: 3 },
    splits: { train: { file: 'data.npz', count: 4 }, test: { file: 'data.npz', start: 4 } },
    ...manifest,
  };
  return { 'dataset.json': JSON.stringify(document), 'data.npz': writeNpz(all, { compress }) };
}

/** The DatasetError that an action ends with. */
export async function errorOf(action: Promise<unknown>, code: DatasetErrorCode): Promise<DatasetError> {
  const error = await action.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DatasetError);
  expect(error).toMatchObject({ code });
  return error as DatasetError;
}
