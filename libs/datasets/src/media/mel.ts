import type { MelForm } from '#contracts';
import { DatasetError } from '../errors.js';
import { powerSpectrum } from './spectrum.js';

/** Frames of a wave of so many samples. Throws DatasetError where it is shorter than one. */
export function melFrames({ fft, hop, center }: MelForm, samples: number): number {
  // The ends are mirrored, so there must be more samples than are mirrored.
  if (center ? samples > Math.floor(fft / 2) : samples >= fft)
    return 1 + Math.floor((center ? samples : samples - fft) / hop);
  const least = center ? Math.floor(fft / 2) : fft - 1;
  throw new DatasetError('dataset_preprocess', 'the window is shorter than a transform', {
    expected: `more than ${least} samples for fft ${fft}`,
    got: `${samples}`,
    wayOut: 'make samples larger or fft smaller in the manifest',
  });
}

/**
 * What turns waves of one length into mel bands, [bands, frames] in row-major order, as torchaudio's MelSpectrogram
 * does.
 */
export function melTransform(form: MelForm, rate: number, samples: number): (wave: Float32Array) => Float32Array {
  const { fft, hop, bands, power, center } = form;
  const frames = melFrames(form, samples);
  const window = hann(form.window ?? fft, fft);
  const filters = melFilters(form, rate);
  const spectrum = powerSpectrum(fft);
  const shift = center ? Math.floor(fft / 2) : 0;
  const frame = new Float64Array(fft);
  return (wave) => {
    const result = new Float32Array(bands * frames);
    for (let t = 0; t < frames; t++) {
      for (let i = 0; i < fft; i++) frame[i] = (window[i] ?? 0) * mirrored(wave, t * hop + i - shift);
      const energies = spectrum(frame);
      const values = power === 2 ? energies : energies.map(Math.sqrt);
      for (const [band, { first, weights }] of filters.entries()) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += (weights[k] ?? 0) * (values[first + k] ?? 0);
        result[band * frames + t] = logarithm(form, sum);
      }
    }
    return result;
  };
}

function mirrored(wave: Float32Array, index: number): number {
  const last = wave.length - 1;
  const inside = index < 0 ? -index : index > last ? 2 * last - index : index;
  return wave[inside] ?? 0;
}

/** The periodic Hann window, in the middle of a transform. */
function hann(length: number, fft: number): Float64Array {
  const left = Math.floor((fft - length) / 2);
  const window = (i: number) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length);
  const isInside = (i: number) => i >= left && i < left + length;
  return Float64Array.from({ length: fft }, (_, i) => (isInside(i) ? window(i - left) : 0));
}

function logarithm({ log, floor, power }: MelForm, value: number): number {
  if (log === 'none') return value;
  const least = Math.max(value, floor);
  if (log === 'ln') return Math.log(least);
  return log === 'log10' ? Math.log10(least) : (power === 2 ? 10 : 20) * Math.log10(least);
}

/** A band: the first frequency in it, and the weights from there on. */
interface Band {
  first: number;
  weights: number[];
}

/** Triangles between points that lie evenly on the mel scale. */
function melFilters({ fft, bands, low, high, scale, norm }: MelForm, rate: number): Band[] {
  const { toMel, toHz } = SCALES[scale];
  const [from, to] = [toMel(low), toMel(high ?? rate / 2)];
  const step = (i: number) => from + ((to - from) * i) / (bands + 1);
  const points = Array.from({ length: bands + 2 }, (_, i) => toHz(step(i)));
  const count = Math.floor(fft / 2) + 1;
  const bins = Array.from({ length: count }, (_, k) => (k * rate) / fft);
  return Array.from({ length: bands }, (_, band) => {
    const [left = 0, middle = 0, right = 0] = points.slice(band, band + 3);
    const height = norm === 'slaney' ? 2 / (right - left) : 1;
    const rise = (hz: number) => (hz - left) / (middle - left);
    const fall = (hz: number) => (right - hz) / (right - middle);
    const weights = bins.map((hz) => height * Math.max(0, Math.min(rise(hz), fall(hz))));
    const first = Math.max(
      0,
      weights.findIndex((weight) => weight > 0),
    );
    return { first, weights: weights.slice(first, weights.findLastIndex((weight) => weight > 0) + 1) };
  });
}

/** Mel scales: HTK's formula, and Slaney's, which is linear up to 1000 Hz. */
const SCALES = {
  htk: {
    toMel: (hz: number) => 2595 * Math.log10(1 + hz / 700),
    toHz: (mel: number) => 700 * (10 ** (mel / 2595) - 1),
  },
  slaney: {
    toMel: (hz: number) => (hz < 1000 ? (3 * hz) / 200 : 15 + Math.log(hz / 1000) * (27 / Math.log(6.4))),
    toHz: (mel: number) => (mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((mel - 15) * (Math.log(6.4) / 27))),
  },
};
