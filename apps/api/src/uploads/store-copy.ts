import { join } from 'node:path';
import { StoreFullError, type ArtifactStore } from '#storage';

/** Writes a model of the store to a folder; its path. Throws StoreFullError where that disk is full, and the store's errors. */
export async function copyModel(store: ArtifactStore, digest: string, folder: string): Promise<string> {
  const path = join(folder, `${digest}.onnx`);
  await store.getToFile(digest, path).catch((error: unknown) => {
    // The client need not know where on our disk that is.
    throw error instanceof StoreFullError ? new StoreFullError('the upload folder', { cause: error }) : error;
  });
  return path;
}
