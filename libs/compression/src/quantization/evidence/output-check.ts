import { OutputComparison, type OutputQuality } from '#evaluation';
import { Session, type HostTensors } from '#inference';
import type { Batches } from '../../calibration-data.js';
import { inOneBatch } from './in-one-batch.js';
import { SampleSpread } from './judged-on.js';

/** What takes the outputs of two models on the same batch of `size` samples. */
export interface OutputListener {
  add(got: HostTensors, expected: HostTensors, size: number): void;
}

/**
 * How near each output of a changed model comes to the float model's on the same batches, and how single samples do. An
 * output that comes out worse when all samples share a batch (see {@link inOneBatch}) has the figure of that.
 */
export async function compareOutputs(
  float: Uint8Array,
  changed: Uint8Array,
  batches: Batches,
  threads: number,
): Promise<{ outputs: OutputQuality[]; spread: SampleSpread }> {
  const [comparison, spread] = [new OutputComparison(), new SampleSpread()];
  const both: OutputListener = {
    add: (got, expected, size) => {
      comparison.add(got, expected);
      spread.add(got, expected, size);
    },
  };
  await addOutputs(both, float, changed, batches, threads);
  const whole = await inOneBatch(changed, batches);
  if (!whole) return { outputs: comparison.qualities(), spread };
  const together = new OutputComparison();
  await addOutputs(together, float, changed, () => [whole], threads);
  spread.isAlsoOneBatch = true;
  return { outputs: lowerOf(comparison.qualities(), together.qualities()), spread };
}

/** Of each output the lower figure. */
function lowerOf(some: readonly OutputQuality[], others: readonly OutputQuality[]): OutputQuality[] {
  const figure = (quality: OutputQuality | undefined) => quality?.snrDb ?? Infinity;
  return some.map((quality, i) => {
    const other = others[i];
    return other && figure(other) < figure(quality) ? other : quality;
  });
}

/** Adds the outputs of a changed model, against the float model's, to what has been compared so far. */
export async function addOutputs(
  listener: OutputListener,
  float: Uint8Array,
  changed: Uint8Array,
  batches: Batches,
  threads: number,
): Promise<void> {
  const [exact, other] = [await Session.create(float, { threads }), await Session.create(changed, { threads })];
  try {
    for await (const feeds of batches()) {
      const reference = await exact.run(feeds);
      listener.add(await other.run(feeds), reference, Object.values(feeds)[0]?.dims[0] ?? 1);
    }
  } finally {
    await exact.release();
    await other.release();
  }
}
