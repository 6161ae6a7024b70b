import { EvaluationError } from '../../errors.js';
import { growingFloats, growingInts } from '../growing.js';
import { chooseOutput, numbersOf, sampleWidth } from '../read-output.js';
import type { Collector, TaskBatch, TaskReader } from '../task.js';

/** What is kept of the answers of a listener, per sample. */
export interface HeardEvidence {
  labels: Int32Array;
  /** Highest score of any wake word. */
  highest: Float32Array;
  /** Score of the wake word that is said; NaN where none is. */
  said: Float32Array;
  threshold: number;
  /** Seconds of audio of a sample. */
  seconds: number;
}

/** Reads scores [batch, words], with a first column for the background or without. */
export const wakeWord: TaskReader<HeardEvidence> = {
  open({ reference, size }, { classes, options }) {
    const settings = options.wakeWord;
    if (!settings || classes === null)
      throw new EvaluationError('task_labels', 'wake words need labels that are classes, and wakeWord: { seconds }');
    const output = chooseOutput(reference, {
      name: options.readOutput,
      wanted: `[${size}, ${classes - 1}] scores of wake words, or [${size}, ${classes}] with the background first`,
      fits: (candidate) => candidate.dims[0] === size && [classes - 1, classes].includes(sampleWidth(candidate)),
    });
    return { output, collector: () => heardCollector(output, { ...settings, classes }) };
  },
};

interface Listening {
  classes: number;
  threshold: number;
  seconds: number;
}

function heardCollector(output: string, { classes, threshold, seconds }: Listening): Collector<HeardEvidence> {
  const [known, highest, said] = [growingInts(), growingFloats(), growingFloats()];
  return {
    add({ outputs, labels, size }: TaskBatch): void {
      const scores = numbersOf(outputs, output);
      const width = scores.length / size;
      const background = width === classes ? 1 : 0;
      labels?.forEach((label, i) => {
        known.push(label);
        let best = -Infinity;
        for (let c = background; c < width; c++) best = Math.max(best, scores[i * width + c] ?? NaN);
        highest.push(best);
        said.push(label === 0 ? NaN : (scores[i * width + label - 1 + background] ?? NaN));
      });
    },
    evidence: () => ({
      labels: known.values,
      highest: highest.values,
      said: said.values,
      threshold,
      seconds,
    }),
  };
}
