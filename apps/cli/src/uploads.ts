import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ProblemError, type Client } from '#client';
import { formatBytes, MAX_MODEL_BYTES, modelTooLarge, type DatasetRecord, type Model } from '#contracts';
import { UsageError } from './errors.js';
import { fileToSend } from './local-file.js';
import { withModelFile } from './model-folder.js';
import { UploadProgress } from './upload-progress.js';
import { wholeModel } from './whole-model.js';

/** How often a check that goes on is told of. */
const TICK_MS = 1000;

/**
 * Streams a file up; the server answers with the stored model, whether or not it knew the bytes already. A model whose
 * data lie in files beside it is sent as one file, with them; so is the only model of a folder or a .zip archive. Throws
 * UsageError for one that is too large, before anything is sent.
 */
export function pushModel(client: Client, path: string, given?: string): Promise<Model> {
  return withModelFile(path, async (file) => {
    const name = given ?? basename(file);
    const send = (bytes: Blob) => {
      if (bytes.size > MAX_MODEL_BYTES) throw new UsageError(`cannot send ${file}: ${modelTooLarge(bytes.size)}`);
      return telling(name, (progress) => client.uploadModel({ name, body: progress.file(bytes, name) }));
    };
    return send(await fileToSend(file)).catch(async (error: unknown) => {
      if (!(error instanceof ProblemError) || error.code !== 'external_data') throw error;
      return send(await wholeModel(file));
    });
  });
}

/** Shows how far an upload is, as long as it goes on. */
async function telling<T>(what: string, upload: (progress: UploadProgress) => Promise<T>): Promise<T> {
  const progress = new UploadProgress(what);
  const timer = setInterval(() => progress.tick(), TICK_MS);
  timer.unref();
  try {
    return await upload(progress);
  } finally {
    clearInterval(timer);
    progress.end();
  }
}

/** Sends a manifest and the files that it names, which lie beside it; a folder is sent as an archive under its name. */
export async function pushDataset(
  client: Client,
  manifestPath: string,
  fileNames: readonly string[],
): Promise<DatasetRecord> {
  return telling(basename(manifestPath), (progress) => sent(client, manifestPath, fileNames, progress));
}

async function sent(
  client: Client,
  manifestPath: string,
  fileNames: readonly string[],
  progress: UploadProgress,
): Promise<DatasetRecord> {
  const body = new FormData();
  body.append('manifest', await fileToSend(manifestPath), basename(manifestPath));
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-push-'));
  try {
    for (const [index, name] of fileNames.entries()) {
      const path = join(dirname(manifestPath), name);
      progress.prepare(`reading ${name}`);
      const tell = (done: number, total: number) =>
        progress.prepare(`packing ${name}: ${formatBytes(done)} of ${formatBytes(total)}`);
      const bytes = await fileToSend(await packed(path, join(folder, `${index}.zip`), tell));
      body.append('file', progress.file(bytes, name));
    }
    return await client.uploadDataset({ body });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The file itself, or the archive that a folder is packed to. */
async function packed(path: string, archive: string, tell: (done: number, total: number) => void): Promise<string> {
  if (!(await stat(path).catch(() => null))?.isDirectory()) return path;
  const { packFolder } = await import('#datasets');
  await packFolder(path, archive, tell);
  return archive;
}
