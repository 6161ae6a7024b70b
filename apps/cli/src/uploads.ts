import { basename, dirname, join } from 'node:path';
import { ProblemError, type Client } from '#client';
import type { Dataset, Model } from '#contracts';
import { fileToSend } from './local-file.js';
import { wholeModel } from './whole-model.js';

/**
 * Streams a file up; the server answers with the stored model, whether or not it knew the bytes already. A model whose data lie in files beside it
 * is sent as one file, with them.
 */
export async function pushModel(client: Client, path: string, name = basename(path)): Promise<Model> {
  const body = await fileToSend(path);
  return client.uploadModel({ name, body }).catch(async (error: unknown) => {
    if (!(error instanceof ProblemError) || error.code !== 'external_data') throw error;
    return client.uploadModel({ name, body: await wholeModel(path) });
  });
}

/** Sends a manifest and the files that it names, which lie beside it. */
export async function pushDataset(
  client: Client,
  manifestPath: string,
  fileNames: readonly string[],
): Promise<Dataset> {
  const body = new FormData();
  body.append('manifest', await fileToSend(manifestPath), basename(manifestPath));
  for (const name of fileNames) body.append('file', await fileToSend(join(dirname(manifestPath), name)), name);
  return client.uploadDataset({ body });
}
