import type { HostTensor } from '#inference';
import { isFloat } from '../../float-values.js';
import { growingInts } from '../growing.js';
import { highestOf, numbersOf, sampleWidth, widthsOf } from '../read-output.js';
import type { Collector, Share, TaskBatch } from '../task.js';

/** Answers to the same samples of a model and of the baseline; below 0 for none. */
export interface AgreementEvidence {
  own: Int32Array;
  exact: Int32Array;
}

/** Share of samples with the baseline's answer: needs no labels. What has no answer agrees with nothing. */
export const agreement: Share<AgreementEvidence> = {
  kind: 'share',
  hits: ({ own, exact }) => Int8Array.from(own, (answer, i) => Number(answer >= 0 && answer === exact[i])),
};

/** The first output of scores [batch, n] with two or more of them, of which the highest is the answer; null for none. */
export function answeringOutput({ reference, size }: TaskBatch): string | null {
  const isScores = (candidate: HostTensor | undefined) =>
    candidate !== undefined &&
    isFloat(candidate) &&
    candidate.dims[0] === size &&
    widthsOf(candidate).length <= 1 &&
    sampleWidth(candidate) > 1;
  return Object.keys(reference).find((name) => isScores(reference[name])) ?? null;
}

/** Takes the entry of the highest score for the answer. */
export function answerCollector(output: string): Collector<Int32Array> {
  const answers = growingInts();
  return {
    add({ outputs, size }: TaskBatch): void {
      const scores = numbersOf(outputs, output);
      const width = scores.length / size;
      for (let i = 0; i < size; i++) answers.push(highestOf(scores, i * width, width) ?? -1);
    },
    evidence: () => answers.values,
  };
}
