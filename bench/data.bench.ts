import { fork } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { openDataset, writeNpz } from '#datasets';
import { randomNumbers } from '#testing';
import sharp from 'sharp';
import { peakMb, round, type BenchResult } from './harness.js';

const BATCH = 64;
const SIDE = 224;
const PIXELS = 3 * SIDE * SIDE;
const NORMALIZED = [
  { op: 'scale', factor: 1 / 255 },
  { op: 'normalize', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
];

/** A form of data: writes so many samples to a folder, and says how they are described. */
interface Form {
  samples: readonly number[];
  input: object;
  file: string;
  write(folder: string, samples: number): Promise<void>;
}

const FORMS: Record<string, Form> = {
  'jpeg 224': {
    samples: [2000, 10_000],
    input: { image: {}, preprocess: NORMALIZED },
    file: 'pictures',
    write: (folder, samples) => pictures(folder, samples, SIDE, SIDE),
  },
  'jpeg 500x375, resize 256, crop 224': {
    samples: [300],
    input: { image: { resize: 256, crop: SIDE }, preprocess: NORMALIZED },
    file: 'pictures',
    write: (folder, samples) => pictures(folder, samples, 500, 375),
  },
  'npz uint8 224': {
    samples: [1000],
    input: { array: 'x', preprocess: NORMALIZED },
    file: 'data.npz',
    write: (folder, samples) =>
      writeFile(
        join(folder, 'data.npz'),
        writeNpz({ x: { dtype: 'u1', dims: [samples, 3, SIDE, SIDE], data: new Uint8Array(samples * PIXELS) } }),
      ),
  },
  'wav 1 s, 22 kHz to 64 mel bands': {
    samples: [200],
    input: { audio: { rate: 16_000, samples: 16_000, mel: { fft: 512, window: 400 } } },
    file: 'sounds',
    write: recordings,
  },
  'csv of 100 columns': {
    samples: [20_000],
    input: { columns: ['c0..c99'] },
    file: 'data.csv',
    write: table,
  },
};

/** Serves every sample of each form twice, in a fresh process each, so that each peak is its own. */
export async function run(words: readonly string[] = []): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [format, { samples }] of Object.entries(FORMS))
    for (const count of samples)
      if (words.length === 0 || words.some((word) => format.includes(word)))
        results.push(await inFreshProcess(format, count));
  return results;
}

async function inFreshProcess(format: string, samples: number): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-bench-data-'));
  try {
    const form = FORMS[format];
    await form?.write(folder, samples);
    const inputs = { '*': form?.input };
    await writeFile(
      join(folder, 'dataset.json'),
      JSON.stringify({ name: format, inputs, splits: { train: { file: form?.file } } }),
    );
    return await new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(import.meta.url), [folder]);
      child.once('message', (result) => resolve({ format, samples, ...(result as BenchResult) }));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the measuring process ended with ${code} and no result`)));
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(folder: string): Promise<BenchResult> {
  const dataset = await openDataset(folder);
  const serve = async (): Promise<number> => {
    const start = performance.now();
    for await (const _ of dataset.batches('train', { batchSize: BATCH, shuffleSeed: 1 })) continue;
    return round((dataset.sampleCount('train') * 1000) / (performance.now() - start));
  };
  const before = process.cpuUsage();
  const samplesPerS = await serve();
  const { user, system } = process.cpuUsage(before);
  const samplesPerCpuS = round((dataset.sampleCount('train') * 1e6) / (user + system));
  const againPerS = await serve();
  await dataset.close();
  return { samplesPerS, samplesPerCpuS, againPerS, peakMb: round(peakMb()) };
}

/** Twenty different pictures, over and over. */
async function pictures(folder: string, samples: number, width: number, height: number): Promise<void> {
  const random = randomNumbers(1);
  const files = await Promise.all(
    Array.from({ length: 20 }, () => {
      const small = Buffer.from(Uint8Array.from({ length: 3 * 14 * 14 }, () => Math.floor(256 * (random() % 1))));
      const raw = { width: 14, height: 14, channels: 3 as const };
      return sharp(small, { raw }).resize(width, height, { fit: 'fill' }).jpeg({ quality: 90 }).toBuffer();
    }),
  );
  await mkdir(join(folder, 'pictures'));
  for (let i = 0; i < samples; i++)
    await writeFile(join(folder, 'pictures', `${i}.jpg`), files[i % files.length] ?? '');
}

async function recordings(folder: string, samples: number): Promise<void> {
  const rate = 22_050;
  const header = Buffer.from('RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0', 'latin1');
  const rest = Buffer.alloc(20);
  rest.writeUInt32LE(rate, 0);
  rest.writeUInt32LE(2 * rate, 4);
  rest.writeUInt16LE(2, 8);
  rest.writeUInt16LE(16, 10);
  rest.write('data', 12);
  rest.writeUInt32LE(2 * rate, 16);
  const wave = Int16Array.from({ length: rate }, (_, t) => 9000 * Math.sin(t / 11));
  await mkdir(join(folder, 'sounds'));
  for (let i = 0; i < samples; i++)
    await writeFile(join(folder, 'sounds', `${i}.wav`), Buffer.concat([header, rest, Buffer.from(wave.buffer)]));
}

async function table(folder: string, samples: number): Promise<void> {
  const names = Array.from({ length: 100 }, (_, i) => `c${i}`).join(',');
  const row = Array.from({ length: 100 }, (_, i) => Math.sin(i).toFixed(6)).join(',');
  await writeFile(join(folder, 'data.csv'), `${names}\n${`${row}\n`.repeat(samples)}`);
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url))
  process.send(await measure(process.argv[2] ?? ''));
