import type { HostTensors } from '#inference';
import type { Dataset } from '#datasets';
import { valueDims, type Graph } from '#onnx';
import { CalibrationDataError } from './errors.js';

/** Calibration data, read anew for each walk over it; only one batch is in memory at a time. */
export type Batches = () => Iterable<HostTensors> | AsyncIterable<HostTensors>;

/** Elements of input that one calibration run takes at most: 8 MiB of floats, so that what flows inside stays bounded too. */
const MAX_BATCH_ELEMENTS = 2 ** 21;
const MAX_BATCH = 32;

/** Batches that the samples make at least, as far as there are so many, so that some can be held out. */
const LEAST_BATCHES = 4;

/** One batch of so many is held out to judge a result on, and nothing of fewer samples or batches. */
const HELD_OUT_OF = 5;
const LEAST_TO_HOLD_OUT = 20;

/** Data that a result is fitted to, and data of the same split that it is judged on; null where there is too little to hold any out. */
export interface DealtBatches {
  fitted: Batches;
  heldOut: Batches | null;
}

/**
 * Deals the calibration data: of a split with enough samples every fifth batch is held out, beyond the `samples` where the split has more. Throws
 * as {@link calibrationBatches} does.
 */
export function dealBatches(graph: Graph, data: Dataset, samples: number): DealtBatches {
  const bound = data.bindInputs(graph.inputs.map((input) => input.name));
  const { batchSize, isFixed } = batchSizeFor(graph, bound);
  const total = Math.min(
    bound.sampleCount(bound.splitFor('calibration')),
    Math.ceil((samples * HELD_OUT_OF) / (HELD_OUT_OF - 1)),
  );
  const isEnough = total >= LEAST_TO_HOLD_OUT && (!isFixed || total >= batchSize * HELD_OUT_OF);
  if (!isEnough) return { fitted: calibrationBatches(graph, data, samples), heldOut: null };
  const all = calibrationBatches(graph, data, total, HELD_OUT_OF);
  return { fitted: everyFifth(all, false), heldOut: everyFifth(all, true) };
}

function everyFifth(batches: Batches, isHeldOut: boolean): Batches {
  return async function* dealt() {
    let count = 0;
    for await (const batch of batches()) if ((++count % HELD_OUT_OF === 0) === isHeldOut) yield batch;
  };
}

/**
 * Batches for calibration: from the calibration split, else from the training split. A model whose batch axis is fixed
 * gets batches of just that size. Throws CalibrationDataError or
 * DatasetError when the data does not fit the model.
 */
export function calibrationBatches(graph: Graph, data: Dataset, samples: number, least = LEAST_BATCHES): Batches {
  const bound = data.bindInputs(graph.inputs.map((input) => input.name));
  const split = bound.splitFor('calibration');
  const { batchSize: most, isFixed } = batchSizeFor(graph, bound);
  const share = Math.floor(Math.min(samples, bound.sampleCount(split)) / least);
  const batchSize = isFixed ? most : Math.max(1, Math.min(most, share));
  const limit = isFixed ? Math.max(batchSize, samples) : samples;
  return async function* batches() {
    for await (const { inputs } of bound.batches(split, { batchSize, limit, dropLast: isFixed })) yield inputs;
  };
}

/** Samples per run: as many as the model fixes, else what keeps a run small. Throws CalibrationDataError when the split has fewer than the model takes. */
export function batchSizeFor(graph: Graph, bound: Dataset): { batchSize: number; isFixed: boolean } {
  const split = bound.splitFor('calibration');
  const fixed = bound.batchOf(graph.inputs.map((input) => ({ name: input.name, dims: valueDims(input) ?? null })));
  if (fixed !== null && fixed > bound.sampleCount(split)) {
    throw new CalibrationDataError(
      `the model takes batches of ${fixed}, split "${split}" has ${bound.sampleCount(split)} samples`,
    );
  }
  return { batchSize: fixed ?? flexibleBatch(bound), isFixed: fixed !== null };
}

function flexibleBatch(data: Dataset): number {
  const elements = data.inputNames.map((name) => data.sampleType(name).dims.reduce((product, dim) => product * dim, 1));
  return Math.max(1, Math.min(MAX_BATCH, Math.floor(MAX_BATCH_ELEMENTS / Math.max(...elements))));
}
