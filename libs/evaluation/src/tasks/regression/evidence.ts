import type { HostTensor } from '#inference';
import { growingDoubles } from '../growing.js';
import { chooseOutput, isReadAlike, numbersOf } from '../read-output.js';
import type { TaskBatch, TaskReader } from '../task.js';

/** What is kept of the answers of a regression, per sample. */
export interface ErrorEvidence {
  /** Numbers of one sample. */
  width: number;
  /** Sum of absolute errors of each sample. */
  absolute: Float64Array;
  /** Sum of squared errors of each sample. */
  squared: Float64Array;
}

/** Reads an output of the shape of the labels, or one of both in a row. */
export const regression: TaskReader<ErrorEvidence> = {
  open({ reference, size }, { targets, options }) {
    const width = (targets ?? []).reduce((product, dim) => product * dim, 1);
    const wanted = `[${[size, ...(targets ?? [])].join(', ')}] numbers as in the labels`;
    const fits = ({ dims }: HostTensor) => dims[0] === size && isReadAlike(dims.slice(1), targets ?? []);
    const output = chooseOutput(reference, { name: options.readOutput, wanted, fits });
    return { output, collector: () => errorCollector(output, width) };
  },
};

function errorCollector(output: string, width: number) {
  const [absolute, squared] = [growingDoubles(), growingDoubles()];
  return {
    add({ outputs, targets, size }: TaskBatch): void {
      const [got, wanted] = [numbersOf(outputs, output), targets?.data ?? []];
      for (let i = 0; i < size; i++) {
        let [sum, squares] = [0, 0];
        for (let k = i * width; k < (i + 1) * width; k++) {
          const error = (got[k] ?? NaN) - Number(wanted[k] ?? NaN);
          sum += Math.abs(error);
          squares += error * error;
        }
        absolute.push(sum);
        squared.push(squares);
      }
    },
    evidence: (): ErrorEvidence => ({ width, absolute: absolute.values, squared: squared.values }),
  };
}
