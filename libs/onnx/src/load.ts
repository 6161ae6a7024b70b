import { open, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { errorCode } from '#contracts';
import { externalFile, rawByteCount } from './check-tensor.js';
import { ExternalDataError, InvalidModelError, InvalidTensorError, ModelLimitError } from './errors.js';
import { MODEL_LIMITS, type ModelLimits } from './limits.js';
import { DataLocation, type ModelProto, type TensorProto } from './proto.js';
import { acceptModel, parseModel, type LoadOptions } from './read.js';
import { allTensors } from './tensors.js';

/**
 * Reads a model file and the external data beside it; afterwards the model is whole in memory. External files must lie
 * in the model's folder, also after symbolic links are followed. Throws an OnnxError for a bad model; errors of the
 * file system (no such model) pass through.
 */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<ModelProto> {
  const limits = { ...MODEL_LIMITS, ...options.limits };
  const { size } = await stat(path);
  if (size > limits.modelBytes) throw new ModelLimitError('modelBytes', size, limits.modelBytes);
  const model = parseModel(await readFile(path), limits);
  if (!options.alone) {
    checkWhole(model, size, limits);
    await inlineExternalData(model, await realpath(dirname(path)), limits);
  }
  acceptModel(model, limits);
  return model;
}

/** Throws ModelLimitError for a model that is too large with its external data, before any of them is read. */
function checkWhole(model: ModelProto, size: number, limits: ModelLimits): void {
  let bytes = size;
  for (const tensor of allTensors(model))
    if (tensor.dataLocation === DataLocation.EXTERNAL) bytes += rawByteCount(tensor, limits);
  if (bytes > limits.modelBytes) throw new ModelLimitError('modelBytes', bytes, limits.modelBytes);
}

async function inlineExternalData(model: ModelProto, folder: string, limits: ModelLimits): Promise<void> {
  for (const tensor of allTensors(model)) {
    if (tensor.dataLocation !== DataLocation.EXTERNAL) continue;
    tensor.rawData = await readExternal(tensor, folder, limits);
    tensor.dataLocation = DataLocation.DEFAULT;
    tensor.externalData = [];
  }
}

async function readExternal(
  tensor: TensorProto,
  folder: string,
  limits: ModelLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const path = await confinedPath(tensor, externalFile(tensor), folder);
  const expected = rawByteCount(tensor, limits);
  const offset = byteNumber(tensor, 'offset', entries.get('offset') ?? '0');
  const length = byteNumber(tensor, 'length', entries.get('length') ?? String(expected));
  if (length !== expected)
    throw new InvalidTensorError(
      tensor.name,
      `shape [${tensor.dims}] needs ${expected} bytes, its external data declares ${length}`,
    );
  return readRange(tensor, path, offset, length);
}

/** The real path of an external file; throws unless it lies below the model's folder. */
async function confinedPath(tensor: TensorProto, location: string, folder: string): Promise<string> {
  const parts = location.split(/[/\\]/);
  if (
    isAbsolute(location) ||
    /^[a-zA-Z]:/.test(location) ||
    parts[0] === '' ||
    parts.includes('..') ||
    location.includes('\0')
  ) {
    throw new InvalidTensorError(tensor.name, `external data at "${location}" lies outside the model's folder`);
  }
  const path = await realpath(join(folder, ...parts)).catch((cause: unknown) => {
    if (errorCode(cause) === 'ENOENT')
      throw new ExternalDataError(
        tensor.name,
        location,
        'put the file where the model looks for it, or save the model as one file',
      );
    throw new InvalidModelError(`the external data file "${location}" of tensor "${tensor.name}" cannot be read`, {
      cause,
    });
  });
  const inside = folder.endsWith(sep) ? folder : folder + sep;
  if (!path.startsWith(inside))
    throw new InvalidTensorError(tensor.name, `external data at "${location}" links outside the model's folder`);
  return path;
}

function byteNumber(tensor: TensorProto, key: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidTensorError(tensor.name, `external ${key} "${text}" is not a byte count`);
  return value;
}

async function readRange(
  tensor: TensorProto,
  path: string,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const info = await stat(path);
  // Opening a pipe would wait for its writer for ever.
  if (!info.isFile()) throw new InvalidTensorError(tensor.name, 'its external data is not a regular file');
  if (offset + length > info.size) {
    throw new InvalidTensorError(
      tensor.name,
      `its external data needs bytes ${offset} to ${offset + length}, the file has ${info.size}`,
    );
  }
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw new InvalidTensorError(tensor.name, 'its external data file ended early');
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
