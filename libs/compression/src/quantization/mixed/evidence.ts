import type { Dataset } from '#datasets';
import type { LabelledBatch } from '#evaluation';
import type { Graph } from '#onnx';
import { batchSizeFor } from '../../calibration-data.js';
import type { Batches } from '../../calibration-data.js';

/** Samples to judge a model by, with labels where the data set has them, read anew for each walk. */
export interface Evidence {
  batches(limit: number): AsyncIterable<LabelledBatch>;
  /** Classes of the labels; null without labels. */
  classes: number | null;
}

/** The calibration split, else the training split, as evidence. Throws DatasetError, CalibrationDataError. */
export function datasetEvidence(graph: Graph, data: Dataset): Evidence {
  const bound = data.bindInputs(graph.inputs.map((input) => input.name));
  const split = bound.splitFor('calibration');
  const { batchSize, isFixed } = batchSizeFor(graph, bound);
  return {
    classes: bound.classes,
    batches: (limit) =>
      bound.batches(split, { batchSize, limit: isFixed ? Math.max(limit, batchSize) : limit, dropLast: isFixed }),
  };
}

/** Calibration batches as evidence: no labels, so only the outputs can be compared. */
export function unlabelledEvidence(batches: Batches): Evidence {
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
