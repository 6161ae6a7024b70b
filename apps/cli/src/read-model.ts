import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LayerNode, ModelInspection } from '#contracts';
import { UsageError } from './errors.js';
import { withModelFile } from './model-folder.js';

/** What a model of this machine is: a file, or the only one of a folder or .zip, its external data read with it. */
export interface ModelHere {
  /** Of the file, its external data not counted. */
  bytes: number;
  /** The files of its external data, beside it, with their bytes. */
  data: { file: string; bytes: number }[];
  /** The id that it has where it is stored; null with external data, which it is stored with. */
  id: string | null;
  inspection: ModelInspection;
  layers: LayerNode[];
}

/** Reads a model that lies here. Throws UsageError for one that cannot be read. */
export function readModelHere(path: string): Promise<ModelHere> {
  return withModelFile(path, async (file) => {
    const { ExternalDataError, externalDataFiles, inspectModel, layerList, loadModel, OnnxError } =
      await import('#onnx');
    try {
      const alone = await loadModel(file, { alone: true }).catch((error: unknown) => {
        if (!(error instanceof ExternalDataError)) throw error;
        return null;
      });
      const model = alone ?? (await loadModel(file));
      const id = alone ? await digestOf(file) : null;
      const apart = alone ? [] : await externalDataFiles(file);
      const sizeOf = async (of: string) => (await stat(of)).size;
      const data = await Promise.all(
        apart.map(async (name) => ({ file: name, bytes: await sizeOf(join(dirname(file), name)) })),
      );
      return { bytes: await sizeOf(file), data, id, inspection: inspectModel(model), layers: layerList(model) };
    } catch (cause) {
      if (!(cause instanceof OnnxError)) throw cause;
      throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
    }
  });
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
