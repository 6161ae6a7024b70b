import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  INPUTS_FILE,
  type DatasetInspection,
  type EvaluateOptions,
  type InputRows,
  type InputsIndex,
  type SplitName,
} from '#contracts';
import type { Dataset } from '#datasets';
import type { HostTensor } from '#inference';
import { inspectModel, type ModelProto } from '#onnx';
import type { Obstacle } from '../../pass.js';

/** Different samples that devices feed in turn, and bytes of all of them, which each device downloads. */
const MOST_SAMPLES = 64;
const MOST_BYTES = 32 * 1024 ** 2;

interface BenchmarkInputs {
  data: Dataset;
  split: SplitName;
  /** The inputs of the model. */
  names: readonly string[];
  /** Samples of one run where the model fixes them, else null. */
  fixedBatch: number | null;
  outputPath: string;
}

type Kept = { files: string[]; summary: { benchmarkInputs: InputsIndex } } | { files: []; summary: object };

/** Writes the samples that devices feed, where the options ask for those of the data set; nothing otherwise. */
export async function keepBenchmarkInputs(options: EvaluateOptions, from: BenchmarkInputs): Promise<Kept> {
  if (options.deviceInputs !== 'data') return { files: [], summary: {} };
  const batchSize = from.fixedBatch ?? 1;
  const rows = new Map(from.names.map((name) => [name, [] as Uint8Array[]]));
  let bytes = 0;
  const taken = { batchSize, limit: MOST_SAMPLES, dropLast: true };
  for await (const { inputs } of from.data.batches(from.split, taken)) {
    const batch = from.names.map((name) => [name, rowsOf(inputs[name], from.data.batchAxis(name), batchSize)] as const);
    const more = batch.flatMap(([, each]) => each).reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytes > 0 && bytes + more > MOST_BYTES) break;
    bytes += more;
    for (const [name, each] of batch) rows.get(name)?.push(...each);
  }
  await writeFile(join(from.outputPath, INPUTS_FILE), Buffer.concat([...rows.values()].flat()));
  const index = [...rows].map(([name, each]): InputRows => ({
    name,
    rows: each.length,
    rowBytes: each[0]?.byteLength ?? 0,
  }));
  return { files: [INPUTS_FILE], summary: { benchmarkInputs: { inputs: index } } };
}

/** The samples of a batch that lie along the first axis, each for itself; else the whole tensor of a run. */
function rowsOf(tensor: HostTensor | undefined, axis: number | null, batchSize: number): Uint8Array[] {
  if (!tensor) return [];
  const { buffer, byteOffset, byteLength } = tensor.data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const count = axis === 0 ? batchSize : 1;
  const length = byteLength / count;
  return Array.from({ length: count }, (_, row) => bytes.slice(row * length, (row + 1) * length));
}

/** Why devices cannot be fed as the options ask for. */
export function benchmarkObstacles(
  model: ModelProto,
  options: EvaluateOptions,
  data: DatasetInspection | null,
): Obstacle[] {
  if (options.devices === undefined) return [];
  return [...fixedBatchObstacles(options, fixedBatchOf(model, data)), ...axisObstacles(options, data)];
}

/** The batch that any input of the model fixes; null where all leave it open. */
function fixedBatchOf(model: ModelProto, data: DatasetInspection | null): number | null {
  for (const { name, dims } of inspectModel(model).inputs) {
    const { batchAxis = 0 } = data?.inputs[name] ?? data?.inputs['*'] ?? {};
    const fixed = batchAxis === null ? 1 : dims?.[batchAxis];
    if (typeof fixed === 'number' && fixed > 0) return fixed;
  }
  return null;
}

function fixedBatchObstacles({ benchmark }: EvaluateOptions, fixed: number | null): Obstacle[] {
  const others = benchmark?.throughput?.batches.filter((batch) => fixed !== null && batch !== fixed) ?? [];
  if (others.length === 0) return [];
  const message = `the model fixes its batch at ${fixed}: leave ${others.join(', ')} out, or export it with an open batch`;
  return [{ field: 'benchmark.throughput.batches', message }];
}

/** A file holds runs of one sample where samples do not lie along the first axis. */
function axisObstacles({ deviceInputs, benchmark }: EvaluateOptions, data: DatasetInspection | null): Obstacle[] {
  const batches = [benchmark?.batch ?? 1, ...(benchmark?.throughput?.batches ?? [])];
  if (deviceInputs !== 'data' || batches.every((size) => size === 1)) return [];
  const others = Object.entries(data?.inputs ?? {}).filter(([, { batchAxis }]) => batchAxis !== undefined);
  if (others.length === 0) return [];
  const names = others.map(([name]) => `"${name}"`).join(', ');
  const message = `samples of ${names} do not lie along the first axis, so that devices feed one at a time: ask for batches of 1, or leave deviceInputs out`;
  return [{ field: 'deviceInputs', message }];
}
