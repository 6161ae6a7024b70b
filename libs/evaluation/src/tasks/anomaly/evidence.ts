import type { HostTensor, HostTensors } from '#inference';
import { growingDoubles, growingInts } from '../growing.js';
import { chooseOutput, isReadAlike, numbersOf } from '../read-output.js';
import type { Collector, TaskBatch, TaskReader } from '../task.js';

/** What is kept of the answers of a detector of anomalies, per sample. */
export interface AnomalyEvidence {
  labels: Int32Array;
  /** The higher, the less normal. */
  scores: Float64Array;
}

/** Reads one score a sample, or the input as the model gives it back. */
export const anomaly: TaskReader<AnomalyEvidence> = {
  open({ reference, inputs, size }, { options }) {
    const isScore = options.anomaly?.score !== 'reconstruction';
    const input = isScore ? null : onlyInput(inputs);
    const sample = input === null ? [] : (inputs[input]?.dims ?? []).slice(1);
    const wanted = isScore
      ? `one score a sample, [${size}] or [${size}, 1]`
      : `[${size}, ...] of the shape of the input`;
    const fits = ({ dims }: HostTensor) => dims[0] === size && isReadAlike(dims.slice(1), sample);
    const output = chooseOutput(reference, { name: options.readOutput, wanted, fits });
    return { output, collector: () => anomalyCollector(output, input) };
  },
};

/** The first input: an autoencoder has no other. */
function onlyInput(inputs: HostTensors): string {
  return Object.keys(inputs)[0] ?? '';
}

function anomalyCollector(output: string, input: string | null): Collector<AnomalyEvidence> {
  const [known, scores] = [growingInts(), growingDoubles()];
  return {
    add({ outputs, inputs, labels, size }: TaskBatch): void {
      const values = numbersOf(outputs, output);
      const original = input === null ? null : numbersOf(inputs, input);
      const width = values.length / size;
      for (let i = 0; i < size; i++)
        scores.push(original ? meanSquare(values, original, i * width, width) : (values[i] ?? NaN));
      if (labels) known.append(labels);
    },
    evidence: () => ({ labels: known.values, scores: scores.values }),
  };
}

function meanSquare(a: ArrayLike<number>, b: ArrayLike<number>, offset: number, width: number): number {
  let sum = 0;
  for (let k = offset; k < offset + width; k++) sum += ((a[k] ?? NaN) - (b[k] ?? NaN)) ** 2;
  return sum / width;
}
