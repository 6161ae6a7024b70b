import { z } from 'zod';

export const ClassificationOptions = z.strictObject({
  bins: z.int().min(2).max(1000).default(15).describe('Bins of confidence of the expected calibration error.'),
});

const PriorSize = z.union([z.number().positive(), z.tuple([z.number().positive(), z.number().positive()])]);

/** Boxes that an SSD head shifts: a grid per stride, centred in its cells, with each of the sizes at that stride. */
const Priors = z.strictObject({
  input: z.tuple([z.int().min(1), z.int().min(1)]).describe('Height and width of the image that the model takes.'),
  strides: z
    .array(z.number().min(1))
    .min(1)
    .max(16)
    .describe('Pixels between the cells of each grid; 300 / 19 and the like as decimals, where a grid has 19 cells.'),
  sizes: z
    .array(z.array(PriorSize).min(1).max(32))
    .describe(
      'Boxes of a cell in pixels in the order of the head, a list per stride: the edge of one of every ratio, or its ' +
        'width and height, [60, 30], as it is.',
    ),
  ratios: z.array(z.number().positive()).min(1).max(16).default([1]).describe('Width over height of the boxes.'),
  variances: z
    .tuple([z.number().positive(), z.number().positive()])
    .default([0.1, 0.2])
    .describe('Factors of the shift of the centre and of the change in size.'),
  change: z
    .enum(['exponential', 'linear'])
    .default('exponential')
    .describe(
      'Whether a size is multiplied by the exponential of its change, or by the change itself, as in MediaPipe.',
    ),
});

export const DetectionOptions = z.strictObject({
  head: z
    .enum(['boxes', 'rows', 'yolov5', 'yolov8', 'ssd', 'map'])
    .default('boxes')
    .describe(
      'boxes: decoded boxes [batch, n, 4] beside scores [batch, n] or [batch, n, classes]; rows: [batch, n, 6] of box, ' +
        'score and class; yolov8: [batch, 4 + classes, n]; yolov5: [batch, n, 5 + classes] with objectness; ' +
        'ssd: shifts [batch, n, 4] of priors beside scores [batch, n, classes]; map: [batch, 1, height, width], whose ' +
        'regions are the boxes.',
    ),
  boxes: z.string().min(1).optional().describe('Output that holds boxes or shifts; by default the first that fits.'),
  scores: z.string().min(1).optional().describe('Output that holds scores; by default the first that fits.'),
  classes: z.string().min(1).optional().describe('Output [batch, n] of class numbers, where there is one.'),
  form: z
    .enum(['corners', 'centre', 'yxyx', 'xywh'])
    .default('corners')
    .describe(
      'What decoded boxes are: corners left, top, right, bottom; centre and size; yxyx top, left, bottom, right, as of ' +
        'TensorFlow; xywh left, top and size.',
    ),
  background: z
    .union([z.boolean(), z.literal('last')])
    .default(false)
    .describe(
      'Whether the first column of the scores, or the last one, is the background, and no class of the labels.',
    ),
  softmax: z.boolean().default(false).describe('Whether scores are logits of which one class is right.'),
  sigmoid: z.boolean().default(false).describe('Whether scores are logits of each class by itself.'),
  scale: z
    .tuple([z.number().positive(), z.number().positive()])
    .default([1, 1])
    .describe('Factors of width and height from the decoded boxes to those of the labels.'),
  priors: Priors.optional().describe('Of the head ssd: the boxes that it shifts.'),
  regions: z
    .strictObject({
      threshold: z.number().min(0).max(1).default(0.3).describe('Pixels above this belong to a region.'),
      grow: z
        .number()
        .min(0)
        .default(1.5)
        .describe('How far a box is grown: area over perimeter of its region, so many times.'),
    })
    .optional()
    .describe('Of the head map.'),
  scoreThreshold: z.number().min(0).max(1).default(0.01).describe('Boxes below this score are left out.'),
  nmsIou: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Of boxes of a class that overlap by more than this, the best stays; 1 keeps all.'),
  maxDetections: z.int().min(1).max(1000).default(100).describe('Boxes of one image that count, the best first.'),
});
export type DetectionOptions = z.infer<typeof DetectionOptions>;

export const SegmentationOptions = z.strictObject({
  ignore: z.int().default(255).describe('Pixels with this label do not count.'),
  threshold: z
    .number()
    .optional()
    .describe('Of an output of one plane of scores: from this score on a pixel is of class 1, else of class 0.'),
});

export const SequenceOptions = z.strictObject({
  decoding: z
    .enum(['ctc', 'argmax', 'ids'])
    .default('ctc')
    .describe(
      'ctc: the best symbol of each step, repetitions merged, blanks left out; argmax: the best symbol of each step up to ' +
        'end; ids: the output holds symbol numbers.',
    ),
  blank: z.int().min(0).default(0).describe('Number of the blank of ctc.'),
  end: z.int().min(0).optional().describe('Number of the symbol that ends a sequence, for argmax and ids.'),
  stepsFirst: z.boolean().default(false).describe('Whether the output is [steps, batch, symbols].'),
});
export type SequenceOptions = z.infer<typeof SequenceOptions>;

export const WakeWordOptions = z.strictObject({
  seconds: z.number().positive().describe('Seconds of audio that a sample stands for.'),
  threshold: z
    .number()
    .optional()
    .describe('Score from which on a wake word counts as heard; 0.5 where scores lie within 0..1, else to be given.'),
});

export const AnomalyOptions = z.strictObject({
  score: z
    .enum(['output', 'reconstruction'])
    .default('output')
    .describe('output: the output is the score; reconstruction: its mean square distance from the input is.'),
});
