import type { HostTensors } from '#inference';
import type { Dataset } from '#datasets';
import { elementCount, valueDims, type Graph } from '#onnx';
import { CalibrationDataError } from './errors.js';
import type { Work } from './work.js';

/** Calibration data, read anew for each walk over it; only one batch is in memory at a time. */
export type Batches = () => Iterable<HostTensors> | AsyncIterable<HostTensors>;

/** Elements of input that one calibration run takes at most: 8 MiB of floats, so that what flows inside is bounded. */
const MAX_BATCH_ELEMENTS = 2 ** 21;
const MAX_BATCH = 32;

/** Batches that the samples make at least, as far as there are so many, so that some can be held out. */
const LEAST_BATCHES = 4;

/** One batch of so many is held out to judge a result on, and nothing of fewer samples or batches. */
const HELD_OUT_OF = 5;
const LEAST_TO_HOLD_OUT = 20;

/**
 * Data that a result is fitted to, and data of the same split that it is judged on; null where there is too little to
 * hold any out.
 */
export interface DealtBatches {
  fitted: Batches;
  heldOut: Batches | null;
}

/**
 * Deals the calibration data: of a split with enough samples every fifth batch is held out, beyond the `samples` where
 * the split has more. Walks are told to `work`. Throws as {@link calibrationBatches} does.
 */
export function dealBatches(graph: Graph, data: Dataset, samples: number, work?: Work): DealtBatches {
  const bound = data.bindInputs(graph.inputs.map((input) => input.name));
  const { batchSize, isFixed } = batchSizeFor(graph, bound);
  const withHeldOut = Math.ceil((samples * HELD_OUT_OF) / (HELD_OUT_OF - 1));
  const total = Math.min(bound.sampleCount(bound.splitFor('calibration')), withHeldOut);
  const isEnough = total >= LEAST_TO_HOLD_OUT && (!isFixed || total >= batchSize * HELD_OUT_OF);
  if (!isEnough) return { fitted: calibrationBatches(graph, data, samples, { work }), heldOut: null };
  const isFitted = (at: number) => (at + 1) % HELD_OUT_OF !== 0;
  return {
    fitted: calibrationBatches(graph, data, total, { least: HELD_OUT_OF, isWanted: isFitted, work }),
    heldOut: calibrationBatches(graph, data, total, { least: HELD_OUT_OF, isWanted: (at) => !isFitted(at) }),
  };
}

/** Into how many batches the samples are dealt at least, which of them are taken, and who is told of walks over them. */
interface Walking {
  least?: number;
  isWanted?: (at: number) => boolean;
  work?: Work | undefined;
}

/**
 * Batches for calibration: from the calibration split, else from the training split. A model whose batch axis is fixed
 * gets batches of just that size. Throws CalibrationDataError or DatasetError when the data does not fit the model.
 */
export function calibrationBatches(
  graph: Graph,
  data: Dataset,
  samples: number,
  { least = LEAST_BATCHES, isWanted = () => true, work }: Walking = {},
): Batches {
  const bound = data.bindInputs(graph.inputs.map((input) => input.name));
  const split = bound.splitFor('calibration');
  const { batchSize: most, isFixed } = batchSizeFor(graph, bound);
  const share = Math.floor(Math.min(samples, bound.sampleCount(split)) / least);
  const batchSize = isFixed ? most : Math.max(1, Math.min(most, share));
  const limit = isFixed ? Math.max(batchSize, samples) : samples;
  const available = Math.min(limit, bound.sampleCount(split));
  const counts = Array.from({ length: Math.ceil(available / batchSize) }, (_, at) =>
    isWanted(at) ? Math.min(batchSize, available - at * batchSize) : 0,
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  return async function* batches() {
    const tell = work?.walk(total, 'sample');
    let [at, done] = [0, 0];
    for await (const { inputs, size } of bound.batches(split, { batchSize, limit, dropLast: isFixed })) {
      if (!isWanted(at++)) continue;
      yield inputs;
      tell?.((done += size));
    }
  };
}

/**
 * Samples per run: as many as the model fixes, else what keeps a run small. Throws CalibrationDataError when the split
 * has fewer than the model takes.
 */
export function batchSizeFor(graph: Graph, bound: Dataset): { batchSize: number; isFixed: boolean } {
  const split = bound.splitFor('calibration');
  const inputs = graph.inputs.map((input) => ({ name: input.name, dims: valueDims(input) ?? null }));
  const fixed = bound.batchOf(inputs);
  if (fixed !== null && fixed > bound.sampleCount(split)) {
    throw new CalibrationDataError(
      `the model takes batches of ${fixed}, split "${split}" has ${bound.sampleCount(split)} samples`,
    );
  }
  return { batchSize: fixed ?? flexibleBatch(bound), isFixed: fixed !== null };
}

function flexibleBatch(data: Dataset): number {
  const elements = data.inputNames.map((name) => elementCount(data.sampleType(name).dims));
  return Math.max(1, Math.min(MAX_BATCH, Math.floor(MAX_BATCH_ELEMENTS / Math.max(...elements))));
}
