import { EvaluationError } from '../../errors.js';
import { growingFloats, growingInts } from '../growing.js';
import { chooseOutput, highestOf, numbersOf, sampleWidth } from '../read-output.js';
import type { Collector, TaskBatch, TaskReader } from '../task.js';

/** What is kept of the answers of a listener, per sample. */
export interface HeardEvidence {
  labels: Int32Array;
  /** Highest score of any wake word. */
  highest: Float32Array;
  /** Score of the wake word that is said; NaN where none is. */
  said: Float32Array;
  /** Number of the wake word that is heard, 0 for none; -1 where a score is not a number. */
  heard: Int32Array;
  /** Whether scores lie far outside 0..1, of which no threshold was given. */
  isUnscaled: boolean;
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
  answers: ({ heard }) => heard,
};

/** Why figures of what is heard cannot be had; null where they can. */
export function unheard({ heard, isUnscaled }: HeardEvidence): string | null {
  if (heard.includes(-1)) return 'scores of some samples are not numbers';
  return isUnscaled
    ? 'scores lie outside 0..1: say from which on a word is heard, as in wakeWord: { seconds: 2, threshold: 0 }'
    : null;
}

/** Where scores lie within 0..1. */
const DEFAULT_THRESHOLD = 0.5;
/** Rounding of a narrower model may lead a little beyond. */
const ROUNDING = 0.05;

interface Listening {
  classes: number;
  threshold?: number | undefined;
  seconds: number;
}

function heardCollector(output: string, { classes, threshold: given, seconds }: Listening): Collector<HeardEvidence> {
  const threshold = given ?? DEFAULT_THRESHOLD;
  let isUnscaled = false;
  const [known, heard] = [growingInts(), growingInts()];
  const [highest, said] = [growingFloats(), growingFloats()];
  return {
    add({ outputs, labels, size }: TaskBatch): void {
      const scores = numbersOf(outputs, output);
      const width = scores.length / size;
      const background = width === classes ? 1 : 0;
      labels?.forEach((label, i) => {
        known.push(label);
        const offset = i * width + background;
        const word = highestOf(scores, offset, width - background);
        const best = word === null ? NaN : (scores[offset + word] ?? NaN);
        isUnscaled ||= given === undefined && Math.abs(best - 0.5) > 0.5 + ROUNDING;
        highest.push(best);
        said.push(label === 0 ? NaN : (scores[offset + label - 1] ?? NaN));
        heard.push(word === null ? -1 : best >= threshold ? word + 1 : 0);
      });
    },
    evidence: () => ({
      labels: known.values,
      highest: highest.values,
      said: said.values,
      heard: heard.values,
      isUnscaled,
      threshold,
      seconds,
    }),
  };
}
