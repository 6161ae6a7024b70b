import type { HostTensors } from '#inference';
import type { Graph, Shapes } from '#onnx';
import { fixedBatch } from './flexible-batch.js';
import { rowsOf } from './rows.js';
import { observeTrainingShapes } from '../observe.js';

/** Batches that are run to see how shapes grow; one sample alone would be dropped by a Squeeze. */
const SMALL = [2, 3] as const;

/**
 * Shapes of every value on a batch, from runs on two and three of its samples: each dimension grows by as much with
 * every sample. The batch itself may be more than there is memory for; it is run only where it is no larger, or the
 * model takes no other.
 */
export async function batchShapes(graph: Graph, inputs: HostTensors, batchSize: number): Promise<Shapes> {
  if (batchSize <= SMALL[1] || fixedBatch(graph) !== null) return observeTrainingShapes(graph, inputs);
  const two = await observeTrainingShapes(graph, firstSamples(inputs, SMALL[0]));
  const three = await observeTrainingShapes(graph, firstSamples(inputs, SMALL[1]));
  return new Map(
    [...two].map(([value, dims]): [string, readonly number[]] => [
      value,
      dims.map((dim, axis) => dim + (batchSize - SMALL[0]) * ((three.get(value)![axis] ?? dim) - dim)),
    ]),
  );
}

/** The first samples of a batch. */
export function firstSamples(batch: HostTensors, count: number): HostTensors {
  return rowsOf(batch, 0, count);
}
