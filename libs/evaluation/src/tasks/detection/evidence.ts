import { crowdClass, DetectionOptions } from '#contracts';
import { EvaluationError } from '../../errors.js';
import type { Collector, TaskBatch, TaskReader } from '../task.js';
import { isKnown, type Box, type Detection } from './box.js';
import { boxes } from './boxes-head.js';
import type { Head, OpenHead } from './head.js';
import { map } from './map-head.js';
import { ssd } from './ssd-head.js';
import { suppress } from './suppress.js';
import { rows, yolov5, yolov8 } from './yolo-heads.js';

/** An object of the labels. */
export interface Truth {
  box: Box;
  class: number;
  /** A group of objects that is not told apart: what is found there counts neither as right nor as wrong. */
  isCrowd: boolean;
}

/** What is kept of the answers of a detector: of each image what is there and what was found, the best first. */
export interface DetectionEvidence {
  images: { truths: Truth[]; found: Detection[] }[];
  /** Whether a score is far above 1, and so no probability. */
  isUnscaled: boolean;
  /** Whether scores, classes and corners of all boxes that count are numbers. */
  isReadable: boolean;
}

/** What reads each kind of head. To add one: its name in the options, its line here. */
const HEADS: Record<DetectionOptions['head'], OpenHead> = { boxes, rows, yolov5, yolov8, ssd, map };

/** Class of a row of the labels that is no object. */
const FILLED = -1;
/** A score of a narrower model may lie a little above 1. */
const ROUNDING = 0.05;
/** Numbers of one object in the labels: class, left, top, right, bottom. */
const COLUMNS = 5;

/** Reads the boxes of a detector's head against labels [samples, objects, 5]. */
export const detection: TaskReader<DetectionEvidence> = {
  open({ reference, size }, { targets, options }) {
    const settings = options.detection ?? DetectionOptions.parse({});
    if (targets?.length !== 2 || targets[1] !== COLUMNS) {
      const dims = (targets ?? []).map((dim) => `, ${dim}`).join('');
      throw new EvaluationError(
        'task_labels',
        `labels of a detector are [samples, objects, ${COLUMNS}], got [samples${dims}]: ` +
          'class, left, top, right and bottom of each object, rows of class -1 fill up, -2 - c is a crowd of class c',
      );
    }
    const head = HEADS[settings.head](reference, size, settings);
    return { output: head.output, collector: () => new DetectionCollector(head, settings) };
  },
};

class DetectionCollector implements Collector<DetectionEvidence> {
  private readonly images: DetectionEvidence['images'] = [];
  private isUnscaled = false;
  private isReadable = true;

  constructor(
    private readonly head: Head,
    private readonly options: DetectionOptions,
  ) {}

  add({ outputs, targets, size }: TaskBatch): void {
    const { nmsIou, maxDetections, scale } = this.options;
    const perImage = targets ? targets.data.length / size : 0;
    this.head.decode(outputs, size).forEach((candidates, image) => {
      this.isUnscaled ||= candidates.some(({ score }) => score > 1 + ROUNDING);
      const known = candidates.filter(isKnown);
      this.isReadable &&= known.length === candidates.length;
      const found = suppress(known, nmsIou, maxDetections).map((detected) => scaled(detected, scale));
      this.images.push({ truths: truthsOf(targets?.data ?? [], image * perImage, perImage), found });
    });
  }

  evidence(): DetectionEvidence {
    const { images, isUnscaled, isReadable } = this;
    return { images, isUnscaled, isReadable };
  }
}

function truthsOf(rowsOfLabels: ArrayLike<number | bigint>, offset: number, count: number): Truth[] {
  const truths: Truth[] = [];
  for (let o = offset; o < offset + count; o += COLUMNS) {
    const columnOf = (k: number) => Number(rowsOfLabels[o + k]);
    const [label = -1, ...corners] = Array.from({ length: COLUMNS }, (_, k) => columnOf(k));
    if (label === FILLED) continue;
    if (!Number.isInteger(label))
      throw new EvaluationError('task_labels', `an object of the labels has the class ${label}`);
    const isCrowd = label < FILLED;
    truths.push({ class: isCrowd ? crowdClass(label) : label, box: corners as unknown as Box, isCrowd });
  }
  return truths;
}

function scaled({ box: [left, top, right, bottom], ...rest }: Detection, [x, y]: readonly [number, number]): Detection {
  return { ...rest, box: [left * x, top * y, right * x, bottom * y] };
}
