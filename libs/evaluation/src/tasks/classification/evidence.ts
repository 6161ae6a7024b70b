import type { HostTensor } from '#inference';
import { rankOf } from '../../rank.js';
import { growingFloats, growingInts, type Growing } from '../growing.js';
import { chooseOutput, highestOf, numbersOf, sampleWidth, widthsOf } from '../read-output.js';
import type { Collector, TaskBatch, TaskReader } from '../task.js';
import { NO_ANSWER, type ClassEvidence } from './class-evidence.js';
import { confusions } from './confusions.js';
import { logOddsOf, probabilitiesOf, ScoreForm, twoColumns, type ScoreKind } from './probabilities.js';

/** Scores that are kept of one model, 64 MB: figures that need all of them are not to be had of more. */
export const MAX_SCORES = 2 ** 24;

/** Reads class scores [batch, classes], further axes of 1 allowed; of two classes one score of class 1 is enough. */
export const classification: TaskReader<ClassEvidence> = {
  open(first, { classes, options }) {
    const output = scoreOutput(first, classes ?? 0, options.readOutput);
    const form = new ScoreForm();
    return { output, collector: () => new ClassCollector(output, form) };
  },
  answers: ({ predicted }) => predicted,
  details: (evidence) => ({ confusions: confusions(evidence) }),
};

function scoreOutput({ reference, size }: TaskBatch, classes: number, name: string | undefined): string {
  const isScores = ({ dims }: HostTensor) => dims[0] === size && widthsOf({ dims } as HostTensor).length <= 1;
  const wanted = `[${size}, ${classes}] or more class scores`;
  const isOfClasses = (output: HostTensor) => isScores(output) && sampleWidth(output) === classes;
  const exact = Object.entries(reference).find(([, output]) => classes > 1 && isOfClasses(output));
  if (name === undefined && exact) return exact[0];
  const isOneOfTwo = (width: number) => classes === 2 && width === 1;
  const isWideEnough = (width: number) => width >= classes || isOneOfTwo(width);
  const fits = (output: HostTensor) => isScores(output) && isWideEnough(sampleWidth(output));
  return chooseOutput(reference, { name, wanted, fits });
}

/** Reads scores in both ways for as long as the baseline's may be either. */
class ClassCollector implements Collector<ClassEvidence> {
  private readonly labels = growingInts();
  private readonly answers = { probabilities: new Answers('probabilities'), logits: new Answers('logits') };
  private scores: Growing<Float32Array> | null = growingFloats();
  private made: ClassEvidence | null = null;

  constructor(
    private readonly output: string,
    private readonly form: ScoreForm,
  ) {}

  add({ outputs, reference, labels, size }: TaskBatch): void {
    if (!labels) return;
    const scores = numbersOf(outputs, this.output);
    if (outputs === reference) this.form.look(scores, size);
    this.labels.append(labels);
    if (this.form.kind === 'probabilities') this.answers.probabilities.add(scores, labels);
    this.answers.logits.add(scores, labels);
    if (this.scores && this.scores.values.length + scores.length > MAX_SCORES) this.scores = null;
    this.scores?.append(scores);
  }

  evidence(): ClassEvidence {
    return (this.made ??= this.make());
  }

  private make(): ClassEvidence {
    const { kind } = this.form;
    const { width, ...answers } = this.answers[kind].values;
    const labels = this.labels.values;
    const pairs = this.scores && twoColumns(this.scores.values, labels.length, kind);
    const scores = pairs && (kind === 'logits' ? logOddsOf(pairs, width) : floats(pairs));
    return { width, labels, ...answers, scores };
  }
}

const floats = (values: ArrayLike<number>) => (values instanceof Float32Array ? values : Float32Array.from(values));

/** What scores of one kind say of each sample. */
class Answers {
  private readonly predicted = growingInts();
  private readonly ranks = growingInts();
  private readonly confidence = growingFloats();
  private width = 0;

  constructor(private readonly kind: ScoreKind) {}

  add(raw: ArrayLike<number>, labels: Int32Array): void {
    const scores = twoColumns(raw, labels.length, this.kind);
    this.width = scores.length / labels.length;
    const probabilities = probabilitiesOf(scores, this.width, this.kind);
    labels.forEach((label, i) => this.addSample(scores, probabilities, i * this.width, label));
  }

  /** Ranks are those of the scores as they came: probabilities near 1 round to equal ones. */
  private addSample(scores: ArrayLike<number>, probabilities: Float32Array, offset: number, label: number): void {
    const rank = rankOf(scores, offset, this.width, label);
    const best = highestOf(scores, offset, this.width) ?? NO_ANSWER;
    this.ranks.push(rank === Infinity ? -1 : rank);
    this.predicted.push(best);
    this.confidence.push(best === NO_ANSWER ? NaN : (probabilities[offset + best] ?? NaN));
  }

  get values(): Pick<ClassEvidence, 'width' | 'predicted' | 'ranks' | 'confidence'> {
    const { width, predicted, ranks, confidence } = this;
    return { width, predicted: predicted.values, ranks: ranks.values, confidence: confidence.values };
  }
}
