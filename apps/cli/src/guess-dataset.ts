import { stat, writeFile } from 'node:fs/promises';
import type { Client } from '#client';
import type { DatasetManifest, ModelInspection } from '#contracts';
import { UsageError } from './errors.js';
import { isModelPath, withModelFile } from './model-folder.js';
import { readModelHere } from './read-model.js';
import { findModel } from './references.js';

/**
 * Guesses the manifest of a folder or file for a model and writes it; `target` in place of where it belongs. Throws
 * UsageError for one that is there.
 */
export async function writeGuess(
  path: string,
  model: Pick<ModelInspection, 'inputs' | 'outputs'>,
  { target, force = false }: { target?: string | undefined; force?: boolean },
): Promise<{ path: string; manifest: DatasetManifest; notes: string[] }> {
  const { DatasetError, guessManifest, manifestText } = await import('#datasets');
  try {
    const guess = await guessManifest(path, model);
    const written = target ?? guess.path;
    if (!force && (await stat(written).catch(() => null)))
      throw new UsageError(`${written} is there already: --force writes it anew, --output writes another file`);
    await writeFile(written, manifestText(guess));
    return { path: written, manifest: guess.manifest, notes: [...guess.notes.values()] };
  } catch (cause) {
    if (!(cause instanceof DatasetError)) throw cause;
    throw new UsageError(`cannot guess a manifest: ${cause.message}`, { cause });
  }
}

/** Inputs and outputs of a model: those of a file here, else those of a stored one. */
export async function inspectionOf(reference: string, client: () => Promise<Client>): Promise<ModelInspection> {
  if (await isModelPath(reference)) return (await readModelHere(reference)).inspection;
  return (await findModel(await client(), reference)).inspection;
}

/** The bytes of a model that the runtime takes: of a file here, with its external data, else of a stored one. */
export async function runnableModel(reference: string, client: () => Promise<Client>): Promise<Uint8Array> {
  const { loadModel, OnnxError, runnableBytes, writeModel } = await import('#onnx');
  try {
    if (await isModelPath(reference))
      return await withModelFile(reference, async (file) => runnableBytes(writeModel(await loadModel(file))));
    const api = await client();
    const stored = await api.modelContent({ id: (await findModel(api, reference)).id });
    return runnableBytes(new Uint8Array(await new Response(stored as ReadableStream<Uint8Array>).arrayBuffer()));
  } catch (cause) {
    if (!(cause instanceof OnnxError)) throw cause;
    throw new UsageError(`cannot read ${reference}: ${cause.message}`, { cause });
  }
}
