import { OutputComparison, type OutputQuality } from '#evaluation';
import { Session } from '#inference';
import type { Batches } from './calibrate.js';

/** How near each output of a changed model comes to the float model's on the same batches. */
export async function compareOutputs(float: Uint8Array, changed: Uint8Array, batches: Batches, threads: number): Promise<OutputQuality[]> {
  const comparison = new OutputComparison();
  await addOutputs(comparison, float, changed, batches, threads);
  return comparison.qualities();
}

/** Adds the outputs of a changed model, against the float model's, to what has been compared so far. */
export async function addOutputs(comparison: OutputComparison, float: Uint8Array, changed: Uint8Array, batches: Batches, threads: number): Promise<void> {
  const [exact, other] = [await Session.create(float, { threads }), await Session.create(changed, { threads })];
  try {
    for await (const feeds of batches()) {
      const reference = await exact.run(feeds);
      comparison.add(await other.run(feeds), reference);
    }
  } finally {
    await exact.release();
    await other.release();
  }
}
