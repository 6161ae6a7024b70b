import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { externalFile } from './check-tensor.js';
import { MODEL_LIMITS } from './limits.js';
import { loadModel } from './load.js';
import { DataLocation } from './proto.js';
import { parseModel } from './read.js';
import { allTensors } from './tensors.js';
import { writeModel } from './write.js';

/**
 * Writes a model and the external data beside it as one file; returns the locations of the data, each once. Throws as
 * loadModel and writeModel do.
 */
export async function joinModel(path: string, output: string): Promise<string[]> {
  const model = await loadModel(path);
  const locations = await externalDataFiles(path);
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, writeModel(model));
  return locations;
}

/** The locations of the external data that a model file names, each once, whether or not they are there. */
export async function externalDataFiles(path: string): Promise<string[]> {
  const tensors = [...allTensors(parseModel(await readFile(path), MODEL_LIMITS))];
  const apart = tensors.filter(({ dataLocation }) => dataLocation === DataLocation.EXTERNAL);
  return [...new Set(apart.map(externalFile))];
}
