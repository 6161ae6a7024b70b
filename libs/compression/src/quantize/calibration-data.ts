import type { Dataset } from '#datasets';
import { valueDims, type Graph } from '#onnx';
import type { Batches } from './calibrate.js';
import { CalibrationDataError } from './errors.js';

/** Elements of input that one calibration run takes at most: 8 MiB of floats, so that what flows inside stays bounded too. */
const MAX_BATCH_ELEMENTS = 2 ** 21;
const MAX_BATCH = 32;

/** Batches that the samples make at least, as far as there are so many, so that some can be held out. */
const LEAST_BATCHES = 4;

/**
 * Batches for calibration: from the calibration split, else from the training split. A model whose batch axis is fixed
 * gets batches of just that size. Throws CalibrationDataError or
 * DatasetError when the data does not fit the model.
 */
export function calibrationBatches(graph: Graph, data: Dataset, samples: number): Batches {
  const bound = data.bindInputs(graph.inputs.map((input) => input.name));
  const split = bound.splitFor('calibration');
  const { batchSize: most, isFixed } = batchSizeFor(graph, bound);
  const share = Math.floor(Math.min(samples, bound.sampleCount(split)) / LEAST_BATCHES);
  const batchSize = isFixed ? most : Math.max(1, Math.min(most, share));
  const limit = isFixed ? Math.max(batchSize, samples) : samples;
  return async function* batches() {
    for await (const { inputs } of bound.batches(split, { batchSize, limit, dropLast: isFixed })) yield inputs;
  };
}

/** Samples per run: as many as the model fixes, else what keeps a run small. Throws CalibrationDataError when the split has fewer than the model takes. */
export function batchSizeFor(graph: Graph, bound: Dataset): { batchSize: number; isFixed: boolean } {
  const split = bound.splitFor('calibration');
  const fixed = fixedBatch(graph);
  if (fixed !== null && fixed > bound.sampleCount(split)) {
    throw new CalibrationDataError(`the model takes batches of ${fixed}, split "${split}" has ${bound.sampleCount(split)} samples`);
  }
  return { batchSize: fixed ?? flexibleBatch(bound), isFixed: fixed !== null };
}

function fixedBatch(graph: Graph): number | null {
  const first = graph.inputs.map((input) => valueDims(input)?.[0]).find((dim) => typeof dim === 'number');
  return typeof first === 'number' ? first : null;
}

function flexibleBatch(data: Dataset): number {
  const elements = data.inputNames.map((name) => data.sampleType(name).dims.reduce((product, dim) => product * dim, 1));
  return Math.max(1, Math.min(MAX_BATCH, Math.floor(MAX_BATCH_ELEMENTS / Math.max(...elements))));
}
