import { DatasetError } from '../errors.js';

/** A recording, mixed to one channel, from -1 to 1. */
export interface Recording {
  rate: number;
  samples: Float32Array<ArrayBuffer>;
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
const HEADER_BYTES = 12;

interface Format {
  encoding: number;
  channels: number;
  rate: number;
  bits: number;
}

type Read = (bytes: Buffer, at: number) => number;

/** Samples by encoding and bits, from -1 to 1 as libsndfile scales them. */
const READERS: Record<string, Read> = {
  [`${PCM}/8`]: (bytes, at) => (bytes.readUInt8(at) - 128) / 128,
  [`${PCM}/16`]: (bytes, at) => bytes.readInt16LE(at) / 2 ** 15,
  [`${PCM}/24`]: (bytes, at) => bytes.readIntLE(at, 3) / 2 ** 23,
  [`${PCM}/32`]: (bytes, at) => bytes.readInt32LE(at) / 2 ** 31,
  [`${FLOAT}/32`]: (bytes, at) => bytes.readFloatLE(at),
  [`${FLOAT}/64`]: (bytes, at) => bytes.readDoubleLE(at),
};

/**
 * Reads a RIFF WAVE file of PCM or floats; several channels are averaged. A data chunk that is cut off ends where the
 * file does. Throws DatasetError.
 */
export function readWav(bytes: Buffer, file: string): Recording {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, HEADER_BYTES) !== 'WAVE')
    throw new DatasetError('dataset_format', 'not a WAV file', {
      file,
      wayOut: 'convert it: ffmpeg -i in.mp3 out.wav',
    });
  let format: Format | null = null;
  for (const { name, data } of chunks(bytes)) {
    if (name === 'fmt ') format = formatIn(data, file);
    if (name !== 'data' || !format) continue;
    const samples = mixed(data, format, file);
    if (samples.length > 0) return { rate: format.rate, samples };
  }
  throw new DatasetError('dataset_format', 'the WAV file has no samples', {
    file,
    wayOut: 'replace it or leave it out',
  });
}

function* chunks(bytes: Buffer): Generator<{ name: string; data: Buffer }> {
  for (let at = HEADER_BYTES; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32LE(at + 4);
    const name = bytes.toString('latin1', at, at + 4);
    yield { name, data: bytes.subarray(at + 8, at + 8 + size) };
    at += 8 + size + (size % 2);
  }
}

function formatIn(data: Buffer, file: string): Format {
  if (data.length < 16) throw new DatasetError('dataset_format', 'the WAV header is cut off', { file });
  const encoding = data.readUInt16LE(0);
  // The first two bytes of the sub-format are the encoding.
  const plain = encoding === EXTENSIBLE && data.length >= 26 ? data.readUInt16LE(24) : encoding;
  const [channels, rate, bits] = [data.readUInt16LE(2), data.readUInt32LE(4), data.readUInt16LE(14)];
  const format = { encoding: plain, channels, rate, bits };
  if (!READERS[`${format.encoding}/${format.bits}`] || format.channels === 0 || format.rate === 0) {
    const { encoding, bits: width, channels: tracks, rate: hertz } = format;
    throw new DatasetError('dataset_format', 'encoding of the WAV file', {
      file,
      expected: 'PCM of 8, 16, 24 or 32 bits, or floats of 32 or 64',
      got: `encoding ${encoding} of ${width} bits, ${tracks} channels at ${hertz} Hz`,
      wayOut: 'convert it: ffmpeg -i in.wav -c:a pcm_s16le out.wav',
    });
  }
  return format;
}

function mixed(data: Buffer, { encoding, channels, bits }: Format, file: string): Float32Array<ArrayBuffer> {
  const read = READERS[`${encoding}/${bits}`];
  if (!read) throw new DatasetError('dataset_format', 'encoding of the WAV file', { file });
  const step = bits / 8;
  const samples = new Float32Array(Math.floor(data.length / (step * channels)));
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += read(data, (i * channels + c) * step);
    samples[i] = sum / channels;
  }
  return samples;
}
