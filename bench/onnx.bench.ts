import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GraphBuilder, cloneModel, inspectModel, readModel, writeModel } from '#onnx';
import { randomNumbers } from '#testing';
import { alternate, median, peakMb, round, type BenchResult } from './harness.js';

const LAYERS = 25;
const WIDTH = 1024;
const ROUNDS = 15;

/** Steps whose peak memory is taken, each in a process of its own. */
const STEPS: Record<string, (path: string) => unknown> = {
  readFile: (path) => readFileSync(path),
  parse: (path) => readModel(readFileSync(path)),
  serialize: (path) => writeModel(readModel(readFileSync(path))),
  clone: (path) => cloneModel(readModel(readFileSync(path))),
  inspect: (path) => inspectModel(readModel(readFileSync(path))),
};

/** Parse, serialize, copy and inspect a 105 MB model, against reading its bytes from the (cached) file. */
export async function run(): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'coldpress-bench-'));
  try {
    const path = join(folder, 'model.onnx');
    const sizeMb = writeBigModel(path) / 1e6;
    const bytes = readFileSync(path);
    const model = readModel(bytes);
    const samples = await alternate(
      {
        readFile: () => readFileSync(path),
        parse: () => readModel(bytes),
        serialize: () => writeModel(model),
        clone: () => cloneModel(model),
        inspect: () => inspectModel(model),
      },
      ROUNDS,
    );
    const baseline = median(samples.readFile);
    const results: BenchResult[] = [];
    for (const [step, times] of Object.entries(samples)) {
      const ms = median(times);
      results.push({
        step,
        sizeMb: round(sizeMb),
        ms: round(ms),
        ratio: round(ms / baseline),
        peakMb: round(await peakOf(step, path)),
      });
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A chain of wide Gemm layers: `LAYERS` x 4 MB of weights. Returns its bytes. */
function writeBigModel(path: string): number {
  const random = randomNumbers(1);
  const builder = new GraphBuilder();
  let value = builder.input('x', ['batch', WIDTH]);
  for (let layer = 0; layer < LAYERS; layer++) {
    const weight = builder.float(
      Float32Array.from({ length: WIDTH * WIDTH }, () => random() - 0.5),
      [WIDTH, WIDTH],
    );
    value = builder.op('Relu', [builder.op('Gemm', [value, weight, builder.float(new Float32Array(WIDTH))])]);
  }
  builder.output(value, ['batch', WIDTH]);
  const bytes = writeModel(builder.build());
  writeFileSync(path, bytes);
  return bytes.length;
}

/** Peak resident size of a fresh process that does one step on the file. */
async function peakOf(step: string, path: string): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), [step, path]);
  const [peak] = (await once(child, 'message')) as [number];
  return peak;
}

const [step = '', path = ''] = process.argv.slice(2);
if (process.send && Object.hasOwn(STEPS, step)) {
  STEPS[step]!(path);
  process.send(peakMb());
  process.disconnect();
}
