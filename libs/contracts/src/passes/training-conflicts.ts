import type { DistillFields } from './distill-fields.js';
import { GeneratorOptions } from './generator.js';
import type { ScaleOptions } from './sources.js';
import type { TrainFields } from './train-fields.js';
import { DEFAULT_ALPHA, DEFAULT_TEMPERATURE, TRAINER_FIELDS, type TrainerOptions } from './training.js';

/** Options that cannot be had together: which field to change, when, and what to say. */
interface Conflict<O> {
  field: keyof O;
  when(options: O): boolean;
  message: string;
}

const DEFAULT_MOMENTUM = TRAINER_FIELDS.momentum.parse(undefined);

/** What no training would heed. */
const TRAINER_CONFLICTS: readonly Conflict<TrainerOptions>[] = [
  {
    field: 'momentum',
    when: (o) => o.optimizer === 'adam' && o.momentum !== DEFAULT_MOMENTUM,
    message: 'Adam has moments of its own: use optimizer sgd, or leave momentum out',
  },
  {
    field: 'nesterov',
    when: (o) => o.nesterov && o.optimizer === 'adam',
    message: 'only optimizer sgd looks ahead: use it, or leave nesterov out',
  },
  {
    field: 'augment',
    when: (o) => o.augment.mixup > 0 && o.batchSize === 1,
    message:
      'mixup blends the samples of a batch, and a batch of one has none to blend: raise batchSize, or leave mixup out',
  },
  {
    field: 'nesterov',
    when: (o) => o.nesterov && o.optimizer === 'sgd' && o.momentum === 0,
    message: 'without momentum there is nothing to look ahead along: set momentum',
  },
];

export const TRAIN_CONFLICTS: readonly Conflict<TrainFields>[] = [
  ...TRAINER_CONFLICTS,
  {
    field: 'labelSmoothing',
    when: (o) => o.labelSmoothing > 0 && o.loss === 'mse',
    message:
      'labels that are numbers have no classes to spread over: use loss crossEntropy, or leave labelSmoothing out',
  },
  {
    field: 'learnScales',
    when: (o) => o.learnScales && o.initialWeights !== 'keep',
    message: 'weights drawn anew have no scales to learn: set initialWeights to keep',
  },
];

const mayReadLabels = ({ method, augment, outputs }: DistillFields) =>
  method === 'discriminative' && augment.mixup === 0 && hasClasses(outputs);
const readsLabels = (options: DistillFields) => options.alpha < 1 && mayReadLabels(options);
function hasClasses(outputs: DistillFields['outputs']): boolean {
  if (typeof outputs !== 'object') return outputs === 'auto' || outputs === 'classification';
  const kinds = Object.values(outputs);
  return kinds.length === 0 || kinds.includes('classification');
}
const isDefaultGenerator = ({ generator }: DistillFields) =>
  JSON.stringify(GeneratorOptions.parse(generator)) === DEFAULT_GENERATOR;
const DEFAULT_GENERATOR = JSON.stringify(GeneratorOptions.parse({}));
const isEnsemble = ({ teacher }: DistillFields) =>
  typeof teacher === 'object' && 'models' in teacher && teacher.models.length > 1;
function changesImages({ shift, flip, cutout, mixup }: DistillFields['augment']): boolean {
  return shift > 0 || flip || cutout > 0 || mixup > 0;
}
const isWithin = (size: ScaleOptions, limit: ScaleOptions) => size.width <= limit.width && size.depth <= limit.depth;
const isSame = (size: ScaleOptions, other: ScaleOptions) => size.width === other.width && size.depth === other.depth;
const WHOLE: ScaleOptions = { width: 1, depth: 1 };

/** Whether the student begins as its teacher and is given nothing else to learn from. */
function isItsOwnTeacher(options: DistillFields): boolean {
  const { teacher, student, assistants } = options;
  if (assistants.length > 0 || isEnsemble(options) || readsLabels(options)) return false;
  return student === 'current' ? teacher === 'current' : 'width' in student && isSame(student, WHOLE);
}

/** Every combination of options that would otherwise be ignored in part. */
export const DISTILL_CONFLICTS: readonly Conflict<DistillFields>[] = [
  ...TRAINER_CONFLICTS,
  {
    field: 'earlyStopping',
    when: (o) => o.method === 'generative' && o.earlyStopping !== undefined,
    message:
      'earlyStopping holds samples of the train split back, and method generative reads none: use another ' +
      'method, or fewer epochs',
  },
  {
    field: 'augment',
    when: (o) => o.method === 'generative' && changesImages(o.augment),
    message: 'method generative reads no images to change: use discriminative or hybrid, or leave augment out',
  },
  {
    field: 'labelSmoothing',
    when: (o) => o.labelSmoothing > 0 && !readsLabels(o),
    message:
      'no hard labels are read with this method, alpha, mixup or kind of outputs: use method discriminative ' +
      'with alpha below 1, or leave labelSmoothing out',
  },
  {
    field: 'alpha',
    when: (o) => o.alpha !== DEFAULT_ALPHA && o.alpha < 1 && !mayReadLabels(o),
    message:
      'no hard labels are read with this method, mixup or kind of outputs, so that there is nothing to weigh: ' +
      'use method discriminative, or leave alpha out',
  },
  {
    field: 'temperature',
    when: (o) => o.temperature !== DEFAULT_TEMPERATURE && !hasClasses(o.outputs),
    message: 'only the logits of classes are softened: choose another kind of outputs, or leave temperature out',
  },
  {
    field: 'generator',
    when: (o) => o.method === 'discriminative' && !isDefaultGenerator(o),
    message: 'method discriminative makes no samples up: use generative or hybrid, or leave generator out',
  },
  {
    field: 'features',
    when: (o) => o.features.length > 0 && isEnsemble(o),
    message:
      'features are hidden values of one teacher, and an ensemble has several: name one teacher, or leave features out',
  },
  {
    field: 'assistants',
    when: (o) =>
      !o.assistants.every(
        (size, i) => isWithin(size, o.assistants[i - 1] ?? WHOLE) && !isSame(size, o.assistants[i - 1] ?? WHOLE),
      ),
    message: 'each assistant is cut from the one before, the first from the teacher: list smaller and smaller sizes',
  },
  {
    field: 'student',
    when: (o) =>
      o.assistants.length > 0 &&
      typeof o.student === 'object' &&
      'width' in o.student &&
      !isWithin(o.student, o.assistants.at(-1)!),
    message: 'the student is cut from the last assistant: give it no more width and depth than that',
  },
  {
    field: 'teacher',
    when: isItsOwnTeacher,
    message:
      'the student would be its own teacher and has nothing to learn: name another teacher or student, or use ' +
      'method discriminative with alpha below 1 for labels',
  },
];
