import { outputSnrDb } from '#evaluation';
import { Session } from '#inference';
import type { Batches } from './calibrate.js';

/**
 * Signal to noise of a changed model's outputs against the float model's on the same batches, dB: null when they are identical,
 * undefined when there is none: only zeros to compare with, or outputs that are not finite.
 */
export async function compareOutputs(float: Uint8Array, changed: Uint8Array, batches: Batches, threads: number): Promise<number | null | undefined> {
  const snr = outputSnrDb();
  await addOutputs(snr, float, changed, batches, threads);
  return snr.value();
}

/** Adds the float outputs of a changed model, against the float model's, to what `snr` has compared so far. */
export async function addOutputs(snr: ReturnType<typeof outputSnrDb>, float: Uint8Array, changed: Uint8Array, batches: Batches, threads: number): Promise<void> {
  const [exact, other] = [await Session.create(float, { threads }), await Session.create(changed, { threads })];
  try {
    for await (const feeds of batches()) {
      const [expected, got] = [await exact.run(feeds), await other.run(feeds)];
      for (const [name, { type, data }] of Object.entries(expected)) {
        if (type === 'float32' || type === 'float64') snr.add({ output: got[name]!.data, reference: data, labels: null, size: 1 });
      }
    }
  } finally {
    await exact.release();
    await other.release();
  }
}
