import { readFile } from 'node:fs/promises';
import { quantizeModel } from '#compression';
import { QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import { cloneModel, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { alternate, median, round, type BenchResult } from './harness.js';
import { matMulNet, mobileNetLike, resNet8, SAMPLE_DIMS, writtenOutBlocks } from './nets.js';

interface Net {
  net: string;
  model: ModelProto;
  sample: readonly number[];
}

/** Every format by the options that give it. */
const FORMATS: Record<string, Partial<QuantizeOptions>> = {
  int8: {},
  int4: { weightBits: 4 },
  int2: { weightBits: 2 },
  ternary: { weightFormat: 'ternary' },
  codebook4: { weightBits: 4, weightFormat: 'codebook' },
  codebook2: { weightBits: 2, weightFormat: 'codebook' },
  float16: { scheme: 'float16' },
  dynamic: { scheme: 'dynamic' },
  weightOnly4: { scheme: 'weightOnly', weightBits: 4 },
  matMulNBits4: { scheme: 'weightOnly', weightBits: 4, target: 'onnxruntime' },
};

const ROUNDS = 60;
const CALIBRATION_BATCHES = 4;

async function nets(): Promise<Net[]> {
  return [
    {
      net: 'seed-net',
      model: readModel(await readFile(new URL('../../examples/seed-net/seed-net.onnx', import.meta.url))),
      sample: [1, 32, 32],
    },
    { net: 'resnet-8', model: resNet8(), sample: SAMPLE_DIMS.resNet8 },
    { net: 'resnet-8 wide', model: resNet8(64), sample: SAMPLE_DIMS.resNet8 },
    { net: 'mobilenet-like', model: mobileNetLike(), sample: SAMPLE_DIMS.mobileNetLike },
    { net: 'mobilenet-like wide', model: mobileNetLike(4), sample: SAMPLE_DIMS.mobileNetLike },
    { net: 'matmul 3x1024', model: matMulNet(), sample: SAMPLE_DIMS.matMulNet },
    { net: 'transformer blocks, written out', model: writtenOutBlocks(), sample: SAMPLE_DIMS.transformer },
  ];
}

/**
 * Bytes and single-sample time of each format against float, one thread, all formats of a net alternated in one run.
 */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const net of await nets()) results.push(...(await measure(net)));
  return results;
}

async function measure({ net, model, sample }: Net): Promise<BenchResult[]> {
  const float = writeModel(model);
  const input = model.graph!.input[0]!.name;
  const random = randomNumbers(3);
  const feeds = (count: number): HostTensors => {
    const dims = [count, ...sample];
    return { [input]: float32(dims, Float32Array.from({ length: dims.reduce((a, d) => a * d, 1) }, random)) };
  };
  const calibration = Array.from({ length: CALIBRATION_BATCHES }, () => feeds(4));
  const models: Record<string, Uint8Array> = { float };
  const left: Record<string, number> = {};
  for (const [format, given] of Object.entries(FORMATS)) {
    const copy = cloneModel(model);
    const report = await quantizeModel(copy, QuantizeOptions.parse(given), () => () => calibration, {
      threads: 1,
      seed: 0,
    });
    if (report.layers.length === 0 && !report.tensors?.length) continue;
    models[format] = writeModel(copy);
    left[format] = report.skipped.length;
  }
  const times = await time(models, feeds(1));
  return Object.keys(left).map((format) => ({
    net,
    format,
    bytesRatio: round(models[format]!.length / float.length),
    ms: round(times[format]!),
    speedup: round(times['float']! / times[format]!),
    msToInt8: round(times[format]! / times['int8']!),
    skipped: left[format]!,
  }));
}

async function time(models: Record<string, Uint8Array>, feeds: HostTensors): Promise<Record<string, number>> {
  const sessions = await Promise.all(
    Object.entries(models).map(async ([name, bytes]) => [name, await Session.create(bytes)] as const),
  );
  const samples = await alternate(
    Object.fromEntries(sessions.map(([name, session]) => [name, () => session.run(feeds)])),
    ROUNDS,
    5,
  );
  for (const [, session] of sessions) await session.release();
  return Object.fromEntries(Object.entries(samples).map(([name, ms]) => [name, median(ms)]));
}
