import type { AudioForm } from '#contracts';
import { rowBytes, type StoredArray } from '../stored-array.js';
import { decodedRows } from './decoded-rows.js';
import type { FileTree } from './file-tree.js';
import { melFrames, melTransform } from './mel.js';
import { resampleAudio } from './resample-audio.js';
import { readWav } from './wav.js';

/** The windows of the recordings of a folder, as waves or log-mel bands of floats, decoded when they are first read. */
export function audioArray(form: AudioForm, tree: FileTree, files: readonly string[]): StoredArray {
  const { rate, samples, windows, hop = samples, mel } = form;
  const heard = (windows - 1) * hop + samples;
  const dims = mel ? [mel.bands, melFrames(mel, samples)] : [samples];
  const layout = { dtype: 'f4' as const, dims: [files.length * windows, ...dims] };
  const turn = mel ? melTransform(mel, rate, samples) : (wave: Float32Array) => wave;
  return {
    name: 'recordings',
    ...layout,
    openRows: () =>
      decodedRows(rowBytes(layout), windows, async (index) => {
        const file = files[index] ?? '';
        const recording = readWav(await tree.read(file), file);
        const wave = resampleAudio(recording.samples, recording.rate, rate, heard);
        return joined(windowsOf(wave, form).map(turn));
      }),
  };
}

/** The windows of a wave, one hop apart; what reaches past its end is silence. */
function windowsOf(wave: Float32Array, { samples, windows, hop = samples }: AudioForm): Float32Array[] {
  return Array.from({ length: windows }, (_, index) => {
    const window = new Float32Array(samples);
    window.set(wave.subarray(index * hop, index * hop + samples));
    return window;
  });
}

function joined(parts: readonly Float32Array[]): Uint8Array {
  return Buffer.concat(
    parts.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  );
}
