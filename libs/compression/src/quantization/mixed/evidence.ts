import type { Dataset } from '#datasets';
import type { LabelledBatch } from '#evaluation';
import type { Graph } from '#onnx';
import { batchSizeFor } from '../../calibration-data.js';
import type { Batches } from '../../calibration-data.js';
import { toldBatches, type Work } from '../../work.js';

/**
 * Samples to judge a model by, with labels where the data set has them, read anew for each walk, which is told to `work`.
 */
export interface WidthEvidence {
  batches(limit: number, work?: Work): AsyncIterable<LabelledBatch>;
  /** Classes of the labels; null without labels. */
  classes: number | null;
}

/** The calibration split, else the training split, as evidence. Throws DatasetError, CalibrationDataError. */
export function datasetEvidence(graph: Graph, data: Dataset): WidthEvidence {
  const bound = data.bindInputs(graph.inputs.map((input) => input.name));
  const split = bound.splitFor('calibration');
  const { batchSize, isFixed } = batchSizeFor(graph, bound);
  return {
    classes: bound.classes,
    batches(asked, work) {
      const limit = isFixed ? Math.max(asked, batchSize) : asked;
      const most = Math.min(limit, bound.sampleCount(split));
      const walk = bound.batches(split, { batchSize, limit, dropLast: isFixed });
      return toldBatches(walk, isFixed ? most - (most % batchSize) : most, work);
    },
  };
}

/** Calibration batches as evidence: no labels, so only the outputs can be compared. They tell of walks themselves. */
export function unlabelledEvidence(batches: Batches): WidthEvidence {
  return {
    classes: null,
    async *batches(limit) {
      let count = 0;
      for await (const inputs of batches()) {
        if (count >= limit) return;
        const size = Object.values(inputs)[0]?.dims[0] ?? 1;
        yield { inputs, labels: null, size };
        count += size;
      }
    },
  };
}
