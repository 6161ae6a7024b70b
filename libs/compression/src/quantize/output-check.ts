import { OutputComparison, type OutputQuality, type outputSnrDb } from '#evaluation';
import { Session, type HostTensors } from '#inference';
import type { Batches } from './calibrate.js';

/** How near each output of a changed model comes to the float model's on the same batches. */
export async function compareOutputs(float: Uint8Array, changed: Uint8Array, batches: Batches, threads: number): Promise<OutputQuality[]> {
  const comparison = new OutputComparison();
  await eachOutput(float, changed, batches, threads, (expected, got) => comparison.add(got, expected));
  return comparison.qualities();
}

/** Adds the float outputs of a changed model, against the float model's, to what `snr` has compared so far. */
export async function addOutputs(snr: ReturnType<typeof outputSnrDb>, float: Uint8Array, changed: Uint8Array, batches: Batches, threads: number): Promise<void> {
  await eachOutput(float, changed, batches, threads, (expected, got) => {
    for (const [name, { type, data }] of Object.entries(expected)) {
      if (type === 'float32' || type === 'float64') snr.add({ output: got[name]!.data, reference: data, labels: null, size: 1 });
    }
  });
}

async function eachOutput(float: Uint8Array, changed: Uint8Array, batches: Batches, threads: number, add: (expected: HostTensors, got: HostTensors) => void): Promise<void> {
  const [exact, other] = [await Session.create(float, { threads }), await Session.create(changed, { threads })];
  try {
    for await (const feeds of batches()) add(await exact.run(feeds), await other.run(feeds));
  } finally {
    await exact.release();
    await other.release();
  }
}
