import { fork } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { calibrate, type Batches } from '#compression';
import { float32 } from '#inference';
import { cloneModel } from '#onnx';
import { randomNumbers } from '#testing';
import { peakMb, round, type BenchResult } from './harness.js';
import { mobileNetLike, SAMPLE_DIMS } from './nets.js';

const SAMPLE_COUNTS = [100, 300, 1000];
const BATCH = 10;

/** Percentile calibration of every convolution's output; a fresh process per count, so that each peak is its own. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const samples of SAMPLE_COUNTS) results.push(await inFreshProcess(samples));
  return results;
}

function inFreshProcess(samples: number): Promise<BenchResult> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [String(samples)]);
    child.once('message', (result) => resolve(result as BenchResult));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the measuring process ended with ${code} and no result`)));
  });
}

async function measure(samples: number): Promise<BenchResult> {
  const model = mobileNetLike();
  const values = model.graph!.node.filter((node) => node.opType === 'Conv').map((node) => node.output[0]!);
  const batches: Batches = function* () {
    const random = randomNumbers(1);
    const dims = [BATCH, ...SAMPLE_DIMS.mobileNetLike];
    for (let i = 0; i < samples; i += BATCH)
      yield { x: float32(dims, Float32Array.from({ length: dims.reduce((a, d) => a * d, 1) }, random)) };
  };
  const start = performance.now();
  await calibrate(cloneModel(model), values, batches, { calibration: 'percentile', percentile: 99.99, threads: 1 });
  const seconds = (performance.now() - start) / 1000;
  return {
    net: 'mobilenet-like',
    values: values.length,
    samples,
    samplesPerS: round(samples / seconds),
    peakMb: round(peakMb()),
  };
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url))
  process.send(await measure(Number(process.argv[2])));
