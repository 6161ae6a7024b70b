import type { HostTensor } from '#inference';
import { growingInts } from '../growing.js';
import { chooseOutput, numbersOf } from '../read-output.js';
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
}

/** Classes that an output of class numbers may name. */
const MAX_CLASSES = 256;

/** Reads scores [batch, classes, height, width] or class numbers [batch, height, width]. */
export const segmentation: TaskReader<PixelEvidence> = {
  open({ reference, size }, { targets, options }) {
    const [height = 0, width = 0] = targets ?? [];
    const output = chooseOutput(reference, {
      name: options.readOutput,
      wanted: `[${size}, classes, ${height}, ${width}] scores or [${size}, ${height}, ${width}] class numbers`,
      fits: (candidate) => targets?.length === 2 && isPixels(candidate, size, [height, width]),
    });
    const { dims } = reference[output] as HostTensor;
    const channels = dims.length === 4 && (dims[1] ?? 1) > 1 ? (dims[1] ?? 1) : null;
    const ignore = options.segmentation?.ignore ?? 255;
    return { output, collector: () => new PixelCollector(output, { channels, pixels: height * width, ignore }) };
  },
};

function isPixels({ dims }: HostTensor, size: number, [height, width]: readonly [number, number]): boolean {
  const tail = dims.length === 3 || dims.length === 4;
  return tail && dims[0] === size && dims.at(-2) === height && dims.at(-1) === width;
}

interface PixelForm {
  /** Scores of a pixel; null where the output holds class numbers. */
  channels: number | null;
  pixels: number;
  ignore: number;
}

class PixelCollector implements Collector<PixelEvidence> {
  private readonly classes: number;
  private readonly both = growingInts();
  private readonly actual = growingInts();
  private readonly answered = growingInts();

  constructor(
    private readonly output: string,
    private readonly form: PixelForm,
  ) {
    this.classes = form.channels ?? MAX_CLASSES;
  }

  add({ outputs, targets, size }: TaskBatch): void {
    const values = numbersOf(outputs, this.output);
    for (let image = 0; image < size; image++) this.addImage(values, targets?.data ?? [], image);
  }

  private addImage(values: ArrayLike<number>, labels: ArrayLike<number | bigint>, image: number): void {
    const { pixels, ignore } = this.form;
    const [both, actual, answered] = [0, 1, 2].map(() => new Int32Array(this.classes)) as [
      Int32Array,
      Int32Array,
      Int32Array,
    ];
    for (let p = 0; p < pixels; p++) {
      const label = Number(labels[image * pixels + p]);
      if (label === ignore) continue;
      const answer = this.answerAt(values, image, p);
      actual[label] = (actual[label] ?? 0) + 1;
      answered[answer] = (answered[answer] ?? 0) + 1;
      if (label === answer) both[label] = (both[label] ?? 0) + 1;
    }
    this.both.append(both);
    this.actual.append(actual);
    this.answered.append(answered);
  }

  private answerAt(values: ArrayLike<number>, image: number, pixel: number): number {
    const { channels, pixels } = this.form;
    if (channels === null) return values[image * pixels + pixel] ?? 0;
    const start = image * channels * pixels + pixel;
    let best = 0;
    for (let c = 1; c < channels; c++)
      if ((values[start + c * pixels] ?? NaN) > (values[start + best * pixels] ?? NaN)) best = c;
    return best;
  }

  evidence(): PixelEvidence {
    const { classes } = this;
    return { classes, both: this.both.values, actual: this.actual.values, answered: this.answered.values };
  }
}
