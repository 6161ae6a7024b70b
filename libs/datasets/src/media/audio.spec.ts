import { readFile } from 'node:fs/promises';
import { MelForm } from '#contracts';
import { DatasetError } from '../errors.js';
import { distance, fixture, fixtureArray } from '../fixtures.fixture.js';
import { melTransform } from './mel.js';
import { resampleAudio } from './resample-audio.js';
import { readWav } from './wav.js';

const read = async (name: string) => readWav(await readFile(fixture(name)), name);
const expected = async (name: string) => (await fixtureArray('recordings.npz', name)).data;

describe('a WAV file is read', () => {
  it.each([
    ['wave16.wav', 1, 1e-7],
    ['wave24.wav', 1, 4e-5],
    ['wave8.wav', 1, 1.5 / 128],
    // Two channels, of which one is half of the other, upside down.
    ['wavefloat.wav', 0.25, 1e-4],
  ])('%s, to what was written', async (file, factor, tolerance) => {
    const { rate, samples } = await read(file);
    const wave = (await expected('wave')).slice(0, samples.length).map((value) => value * factor);
    expect(rate).toBe(11025);
    expect(distance(samples, wave)).toBeLessThan(tolerance);
  });

  it('or refused with what it is', async () => {
    expect(() => readWav(Buffer.from('ID3 and so on'), 'x.mp3')).toThrow(/x\.mp3: not a WAV file/);
    const bytes = await readFile(fixture('wave16.wav'));
    bytes.writeUInt16LE(6, 20);
    expect(() => readWav(bytes, 'a.wav')).toThrow(DatasetError);
    expect(() => readWav(bytes, 'a.wav')).toThrow(/got encoding 6 of 16 bits/);
    expect(() => readWav(bytes.subarray(0, 36), 'a.wav')).toThrow(/encoding|no samples/);
  });

  it('or refused where it holds no sample, which would pass for silence', async () => {
    const bytes = await readFile(fixture('wave16.wav'));
    const at = bytes.indexOf('data');
    bytes.writeUInt32LE(0, at + 4);
    expect(() => readWav(bytes.subarray(0, at + 8), 'a.wav')).toThrow(/a\.wav: the WAV file has no samples/);
  });
});

describe('a wave is resampled as torchaudio does', () => {
  it.each([
    ['up', 16000],
    ['down', 8000],
  ])('%s', async (name, rate) => {
    const wave = Float32Array.from(await expected('wave'));
    // torchaudio computes places and weights in float32.
    expect(distance(resampleAudio(wave, 11025, rate), await expected(name))).toBeLessThan(5e-5);
  });

  it('as far as it is heard, whatever rate a header claims', async () => {
    const wave = Float32Array.from(await expected('wave'));
    expect(resampleAudio(wave, 11025, 16000, 100)).toEqual(resampleAudio(wave, 11025, 16000).subarray(0, 100));
    expect(resampleAudio(wave, 16000, 16000, 100)).toEqual(wave.subarray(0, 100));
    // All of it would be 16 GB of floats.
    expect(resampleAudio(new Float32Array(250_000), 1, 16000, 512)).toHaveLength(512);
  });
});

describe('mel bands are those of torchaudio', () => {
  it.each([
    ['mel_ln', { bands: 40, floor: 0.01 }],
    [
      'mel_slaney_db',
      {
        bands: 20,
        fft: 512,
        window: 400,
        low: 60,
        high: 7600,
        power: 1 as const,
        scale: 'slaney' as const,
        norm: 'slaney' as const,
        log: 'dB' as const,
        floor: 1e-5,
        center: false,
      },
    ],
  ])('%s', async (name, form) => {
    const wave = Float32Array.from((await expected('up')).slice(0, 1600));
    const bands = melTransform(MelForm.parse(form), 16000, 1600)(wave);
    // Logarithms of float32 sums.
    expect(distance(bands, await expected(name))).toBeLessThan(0.02);
  });
});
