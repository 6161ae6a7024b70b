import { SegmentationOptions } from '#contracts';
import type { HostTensor, HostTensors } from '#inference';
import { EvaluationError, TaskOutputError } from '../../errors.js';
import { growingInts } from '../growing.js';
import { chooseOutput, highestOf, numbersOf } from '../read-output.js';
import type { Collector, TaskBatch, TaskReader } from '../task.js';

/** What is kept of the answers of a segmentation: pixels of each class in each image. */
export interface PixelEvidence {
  classes: number;
  /** [images, classes]: pixels of the class in the labels and in the answer. */
  both: Int32Array;
  /** [images, classes]: pixels of the class in the labels. */
  actual: Int32Array;
  /** [images, classes]: pixels of the class in the answer. */
  answered: Int32Array;
  /** Whether all scores of pixels that count are numbers. */
  isReadable: boolean;
}

/** Classes that an output of class numbers may name. */
const MAX_CLASSES = 256;

/** Reads scores [batch, classes, height, width], class numbers [batch, height, width], or scores of one class. */
export const segmentation: TaskReader<PixelEvidence> = {
  open({ reference, size }, { targets, options }) {
    const [height = 0, width = 0] = targets ?? [];
    const wanted = `[${size}, classes, ${height}, ${width}] scores or [${size}, ${height}, ${width}] class numbers`;
    const fits = (candidate: HostTensor) => targets?.length === 2 && isPixels(candidate, size, [height, width]);
    const output = chooseOutput(reference, { name: options.readOutput, wanted, fits });
    const { ignore, threshold } = options.segmentation ?? SegmentationOptions.parse({});
    const read = readingOf(reference, output, threshold);
    return { output, collector: () => new PixelCollector(output, { ...read, pixels: height * width, ignore }) };
  },
};

function isPixels({ dims }: HostTensor, size: number, [height, width]: readonly [number, number]): boolean {
  const tail = dims.length === 3 || dims.length === 4;
  return tail && dims[0] === size && dims.at(-2) === height && dims.at(-1) === width;
}

/** How the answer to a pixel is read. */
interface Reading {
  classes: number;
  /** The class at a pixel, or null where a score is not a number. */
  answer(values: ArrayLike<number>, image: number, pixel: number, pixels: number): number | null;
}

function readingOf(outputs: HostTensors, name: string, threshold: number | undefined): Reading {
  const { dims = [] } = outputs[name] ?? {};
  const channels = dims.length === 4 ? (dims[1] ?? 1) : 1;
  const refuse = (problem: string) =>
    new TaskOutputError('scores of each class, or class numbers', outputs, `output "${name}" ${problem}`);
  if (channels > 1) {
    if (threshold !== undefined) throw refuse('has scores of several classes: leave segmentation.threshold out');
    return {
      classes: channels,
      answer: (values, image, pixel, pixels) => highestOf(values, image * channels * pixels + pixel, channels, pixels),
    };
  }
  const at = (values: ArrayLike<number>, place: number) => values[place] ?? NaN;
  if (threshold !== undefined)
    return {
      classes: 2,
      answer(values, image, pixel, pixels) {
        const score = at(values, image * pixels + pixel);
        return Number.isNaN(score) ? null : Number(score >= threshold);
      },
    };
  if (!Array.from(numbersOf(outputs, name)).every(Number.isInteger))
    throw refuse(
      'holds no class numbers: say from which score on a pixel is of class 1, as in segmentation: { threshold: 0.5 }',
    );
  return {
    classes: MAX_CLASSES,
    answer(values, image, pixel, pixels) {
      const number = at(values, image * pixels + pixel);
      return Number.isNaN(number) ? null : number;
    },
  };
}

interface PixelForm extends Reading {
  pixels: number;
  ignore: number;
}

class PixelCollector implements Collector<PixelEvidence> {
  private readonly both = growingInts();
  private readonly actual = growingInts();
  private readonly answered = growingInts();
  private isReadable = true;

  constructor(
    private readonly output: string,
    private readonly form: PixelForm,
  ) {}

  add({ outputs, targets, size }: TaskBatch): void {
    const values = numbersOf(outputs, this.output);
    for (let image = 0; image < size; image++) this.addImage(values, targets?.data ?? [], image);
  }

  private addImage(values: ArrayLike<number>, labels: ArrayLike<number | bigint>, image: number): void {
    const { pixels, ignore, classes } = this.form;
    const [both, actual, answered] = [new Int32Array(classes), new Int32Array(classes), new Int32Array(classes)];
    for (let p = 0; p < pixels; p++) {
      const label = Number(labels[image * pixels + p]);
      if (label === ignore) continue;
      if (!(Number.isInteger(label) && label >= 0 && label < classes)) throw strangeLabel(label, this.form);
      const answer = this.form.answer(values, image, p, pixels);
      if (answer === null) this.isReadable = false;
      else answered[answer] = (answered[answer] ?? 0) + 1;
      actual[label] = (actual[label] ?? 0) + 1;
      if (label === answer) both[label] = (both[label] ?? 0) + 1;
    }
    this.both.append(both);
    this.actual.append(actual);
    this.answered.append(answered);
  }

  evidence(): PixelEvidence {
    const { both, actual, answered, isReadable } = this;
    const { classes } = this.form;
    return { classes, both: both.values, actual: actual.values, answered: answered.values, isReadable };
  }
}

function strangeLabel(label: number, { classes, ignore }: PixelForm): EvaluationError {
  return new EvaluationError(
    'task_labels',
    `a pixel has the label ${label}, and the model tells of the classes 0 to ${classes - 1}; pixels that do not count ` +
      `have the label ${ignore}: correct the labels, or say another one as in segmentation: { ignore: ${label} }`,
  );
}
