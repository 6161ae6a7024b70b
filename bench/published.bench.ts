import { readFile } from 'node:fs/promises';
import { quantizeModel } from '#compression';
import { QuantizeOptions } from '#contracts';
import { OutputComparison, outputSnrDb, worstOutput } from '#evaluation';
import { Session, type HostTensors } from '#inference';
import { readModel, writeModel } from '#onnx';
import { PUBLISHED_MODELS, publishedModelFile, type PublishedModel } from '#testing';
import { alternate, median, round, type BenchResult } from './harness.js';

const CALIBRATION_RUNS = 32;
const TEST_RUNS = 8;
const TIMED_ROUNDS = 20;

/**
 * int8 with default options of every published model: how close its outputs stay on input that calibration has not
 * seen.
 */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const model of PUBLISHED_MODELS) results.push(await measure(model));
  return results;
}

async function measure(published: PublishedModel): Promise<BenchResult> {
  const float = await readFile(publishedModelFile(published));
  const seeds = Array.from({ length: CALIBRATION_RUNS + TEST_RUNS }, (_, i) => i + 1);
  const feeds = await Promise.all(seeds.map((seed) => published.feeds(seed)));
  const quantized = async (given: Parameters<typeof QuantizeOptions.parse>[0]) => {
    const model = readModel(float);
    const report = await quantizeModel(
      model,
      QuantizeOptions.parse(given),
      () => () => feeds.slice(0, CALIBRATION_RUNS),
      { threads: 1, seed: 0 },
    );
    const bytes = writeModel(model);
    return { ...report, bytes, ...(await compare(float, bytes, feeds.slice(CALIBRATION_RUNS))) };
  };
  const chosen = await quantized({});
  const plain = await quantized({ calibration: 'percentile', biasCorrection: false });
  return {
    net: published.name,
    layers: chosen.layers.length,
    left: chosen.skipped.length,
    snrDb: chosen.snrDb,
    worstChannelSnrDb: chosen.worstChannelSnrDb,
    worstChannel: chosen.worstChannel,
    plainSnrDb: plain.snrDb,
    calibration: chosen.methods?.calibration ?? null,
    biasCorrection: chosen.methods?.biasCorrection ?? null,
    bytesRatio: round(chosen.bytes.length / float.length),
    speedup: chosen.speedup,
    warnings: chosen.warnings.length,
  };
}

/**
 * Figures of the outputs: over all elements, and of the output or channel that keeps the least in its own units; null
 * where all are identical or nothing can be compared.
 */
interface Comparison {
  snrDb: number | null;
  worstChannelSnrDb: number | null;
  worstChannel: string | null;
  speedup: number;
}

async function compare(float: Uint8Array, quantized: Uint8Array, feeds: readonly HostTensors[]): Promise<Comparison> {
  const [exact, changed] = await Promise.all([Session.create(float), Session.create(quantized)]);
  const snr = outputSnrDb();
  const comparison = new OutputComparison();
  for (const inputs of feeds) {
    const [expected, got] = [await exact.run(inputs), await changed.run(inputs)];
    comparison.add(got, expected);
    for (const [name, { data, type }] of Object.entries(expected)) {
      if (type === 'float32') snr.add({ output: got[name]!.data as Float32Array, reference: data as Float32Array });
    }
  }
  const times = await alternate(
    { exact: () => exact.run(feeds[0]!), changed: () => changed.run(feeds[0]!) },
    TIMED_ROUNDS,
  );
  await exact.release();
  await changed.release();
  const value = snr.value();
  const worst = worstOutput(comparison.qualities());
  return {
    snrDb: typeof value === 'number' ? round(value) : null,
    worstChannelSnrDb: worst ? round(worst.snrDb) : null,
    worstChannel: worst?.place ?? null,
    speedup: round(median(times.exact) / median(times.changed)),
  };
}
