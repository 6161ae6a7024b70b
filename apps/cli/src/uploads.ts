import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ProblemError, type Client } from '#client';
import type { DatasetRecord, Model } from '#contracts';
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

/** Sends a manifest and the files that it names, which lie beside it; a folder is sent as an archive under its name. */
export async function pushDataset(
  client: Client,
  manifestPath: string,
  fileNames: readonly string[],
): Promise<DatasetRecord> {
  const body = new FormData();
  body.append('manifest', await fileToSend(manifestPath), basename(manifestPath));
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-push-'));
  try {
    for (const [index, name] of fileNames.entries()) {
      const path = join(dirname(manifestPath), name);
      body.append('file', await fileToSend(await packed(path, join(folder, `${index}.zip`))), name);
    }
    return await client.uploadDataset({ body });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The file itself, or the archive that a folder is packed to. */
async function packed(path: string, archive: string): Promise<string> {
  if (!(await stat(path).catch(() => null))?.isDirectory()) return path;
  const { packFolder } = await import('#datasets');
  await packFolder(path, archive);
  return archive;
}
