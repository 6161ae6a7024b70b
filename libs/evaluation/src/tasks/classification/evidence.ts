import type { HostTensor } from '#inference';
import { rankOf } from '../../rank.js';
import { Growing, growingFloats, growingInts } from '../growing.js';
import { chooseOutput, numbersOf, sampleWidth, widthsOf } from '../read-output.js';
import type { Collector, TaskBatch, TaskReader } from '../task.js';
import type { ClassEvidence } from './class-evidence.js';
import { confusions } from './confusions.js';
import { probabilitiesOf, scoreKind, twoColumns, type ScoreKind } from './probabilities.js';

/** Scores that are kept of one model, 64 MB: figures that need all of them are not to be had of more. */
export const MAX_SCORES = 2 ** 24;

/** Reads class scores [batch, classes], further axes of 1 allowed; of two classes one score of class 1 is enough. */
export const classification: TaskReader<ClassEvidence> = {
  open(first, { classes, options }) {
    const output = scoreOutput(first, classes ?? 0, options.readOutput);
    const kind = scoreKind(numbersOf(first.reference, output), first.size);
    return { output, collector: () => new ClassCollector(output, kind) };
  },
  details: (evidence) => ({ confusions: confusions(evidence) }),
};

function scoreOutput({ reference, size }: TaskBatch, classes: number, name: string | undefined): string {
  const isScores = ({ dims }: HostTensor) => dims[0] === size && widthsOf({ dims } as HostTensor).length <= 1;
  const wanted = `[${size}, ${classes}] or more class scores`;
  const exact = Object.entries(reference).find(
    ([, output]) => isScores(output) && sampleWidth(output) === classes && classes > 1,
  );
  if (name === undefined && exact) return exact[0];
  return chooseOutput(reference, {
    name,
    wanted,
    fits: (output) =>
      isScores(output) && (sampleWidth(output) >= classes || (classes === 2 && sampleWidth(output) === 1)),
  });
}

class ClassCollector implements Collector<ClassEvidence> {
  private readonly labels = growingInts();
  private readonly predicted = growingInts();
  private readonly ranks = growingInts();
  private readonly confidence = growingFloats();
  private scores: Growing<Float32Array> | null = growingFloats();
  private width = 0;

  constructor(
    private readonly output: string,
    private readonly kind: ScoreKind,
  ) {}

  add({ outputs, labels, size }: TaskBatch): void {
    if (!labels) return;
    const scores = twoColumns(numbersOf(outputs, this.output), size, this.kind);
    this.width = scores.length / size;
    this.labels.append(labels);
    const probabilities = probabilitiesOf(scores, this.width, this.kind);
    for (let i = 0; i < size; i++) this.addSample(scores, probabilities, i * this.width, labels[i] ?? 0);
    if (this.scores && this.scores.values.length + scores.length > MAX_SCORES) this.scores = null;
    this.scores?.append(probabilities);
  }

  /** Ranks are those of the scores as they came: probabilities near 1 round to equal ones. */
  private addSample(scores: ArrayLike<number>, probabilities: Float32Array, offset: number, label: number): void {
    const rank = rankOf(scores, offset, this.width, label);
    let best = 0;
    // A score that is not a number wins, as in NumPy's argmax.
    for (let c = 1; c < this.width; c++) {
      const [score, leader] = [scores[offset + c] ?? NaN, scores[offset + best] ?? NaN];
      if (!Number.isNaN(leader) && !(score <= leader)) best = c;
    }
    this.ranks.push(rank === Infinity ? -1 : rank);
    this.predicted.push(best);
    this.confidence.push(probabilities[offset + best] ?? NaN);
  }

  evidence(): ClassEvidence {
    return {
      width: this.width,
      labels: this.labels.values,
      predicted: this.predicted.values,
      ranks: this.ranks.values,
      confidence: this.confidence.values,
      scores: this.scores?.values ?? null,
    };
  }
}
