import type { HostTensor } from '#inference';
import { growingDoubles, growingFloats, growingInts } from '../growing.js';
import { chooseOutput, numbersOf, sampleWidth, widthsOf } from '../read-output.js';
import type { Collector, TaskBatch, TaskReader } from '../task.js';

/** What is kept of embeddings: the vectors, of length 1. */
export interface VectorEvidence {
  width: number;
  /** [samples, width]. */
  vectors: Float32Array;
  /** Who or what each sample shows; empty without labels. */
  labels: Int32Array;
  /** Cosine of each vector to the baseline's. */
  cosines: Float64Array;
}

/** Samples up to which each is compared with each. */
export const MAX_COMPARED = 2048;

/** Why samples are not compared with each other; null where they are. */
export function notCompared({ labels }: VectorEvidence): string | null {
  if (labels.length === 0) return 'the data set has no labels that are classes';
  return labels.length > MAX_COMPARED
    ? `${labels.length} samples are too many to compare each with each: set samples to ${MAX_COMPARED} at most`
    : null;
}

/** Why vectors cannot be compared at all; null where they can. */
export function infiniteVectors({ vectors }: Pick<VectorEvidence, 'vectors'>): string | null {
  return vectors.every(Number.isFinite) ? null : 'vectors of some samples are not finite';
}

/** Reads vectors [batch, numbers], further axes of 1 allowed. */
export const embedding: TaskReader<VectorEvidence> = {
  open({ reference, size }, { options }) {
    const isVector = (candidate: HostTensor) => widthsOf(candidate).length === 1 && sampleWidth(candidate) > 1;
    const fits = (candidate: HostTensor) => candidate.dims[0] === size && isVector(candidate);
    const output = chooseOutput(reference, { name: options.readOutput, wanted: `[${size}, numbers]`, fits });
    return { output, collector: () => vectorCollector(output) };
  },
};

function vectorCollector(output: string): Collector<VectorEvidence> {
  const [vectors, known, cosines] = [growingFloats(), growingInts(), growingDoubles()];
  let width = 0;
  return {
    add({ outputs, reference, labels, size }: TaskBatch): void {
      const [values, exact] = [numbersOf(outputs, output), numbersOf(reference, output)];
      width = values.length / size;
      for (let i = 0; i < size; i++) {
        const own = unit(values, i * width, width);
        const original = unit(exact, i * width, width);
        vectors.append(own);
        cosines.push(own.reduce((sum, value, k) => sum + value * (original[k] ?? 0), 0));
      }
      if (labels) known.append(labels);
    },
    evidence: () => ({ width, vectors: vectors.values, labels: known.values, cosines: cosines.values }),
  };
}

/** A vector of length 1; one of zeros stays what it is. */
function unit(values: ArrayLike<number>, offset: number, width: number): Float64Array {
  const vector = Float64Array.from({ length: width }, (_, k) => values[offset + k] ?? NaN);
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}
