import { UsageError } from './errors.js';

/** A model as one file, with the data that lie beside it. Throws UsageError that names what is missing. */
export async function wholeModel(path: string): Promise<Blob> {
  // Few models need it: the others do not wait for the library to load.
  const { loadModel, OnnxError, writeModel } = await import('#onnx');
  try {
    return new Blob([writeModel(await loadModel(path))]);
  } catch (cause) {
    if (!(cause instanceof OnnxError)) throw cause;
    throw new UsageError(`cannot send ${path}: ${cause.message}`, { cause });
  }
}
