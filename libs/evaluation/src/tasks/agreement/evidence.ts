import type { HostTensor } from '#inference';
import { isFloat } from '../../float-values.js';
import { Growing } from '../growing.js';
import { numbersOf, sampleWidth, widthsOf } from '../read-output.js';
import type { Collector, Share, TaskBatch } from '../task.js';

/** Of each sample 1 where the highest score is that of the same entry as the baseline's. */
export interface AgreementEvidence {
  equal: Int8Array;
}

/** Share of samples with the baseline's answer: needs no labels. */
export const agreement: Share<AgreementEvidence> = { kind: 'share', hits: ({ equal }) => equal };

/** The output that tells of answers: that of the task, else the first of scores [batch, n] with two or more of them; null where there is none. */
export function answeringOutput({ reference, size }: TaskBatch, output: string | null): string | null {
  const isScores = (candidate: HostTensor | undefined) =>
    candidate !== undefined &&
    isFloat(candidate) &&
    candidate.dims[0] === size &&
    widthsOf(candidate).length <= 1 &&
    sampleWidth(candidate) > 1;
  if (output !== null) return isScores(reference[output]) ? output : null;
  return Object.keys(reference).find((name) => isScores(reference[name])) ?? null;
}

export function agreementCollector(output: string): Collector<AgreementEvidence> {
  const equal = new Growing(new Int8Array(0));
  return {
    add({ outputs, reference, size }: TaskBatch): void {
      const [own, exact] = [numbersOf(outputs, output), numbersOf(reference, output)];
      const width = own.length / size;
      for (let i = 0; i < size; i++) equal.push(Number(best(own, i * width, width) === best(exact, i * width, width)));
    },
    evidence: () => ({ equal: equal.values }),
  };
}

function best(values: ArrayLike<number>, offset: number, width: number): number {
  let at = 0;
  for (let c = 1; c < width; c++) if ((values[offset + c] ?? NaN) > (values[offset + at] ?? NaN)) at = c;
  return at;
}
