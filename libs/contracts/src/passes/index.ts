import type { z } from 'zod';
import { AnalyzeOptions } from './analyze.js';
import { DistillOptions } from './distill.js';
import { EvaluateOptions } from './evaluate.js';
import { ExportOptions } from './export.js';
import { IMPORTANCES, PruneOptions, type ImportanceReads } from './prune.js';
import { seeksSlower } from './quantize-conflicts.js';
import { QuantizeOptions } from './quantize.js';
import { TrainOptions } from './train.js';
import { modelsOf, type ModelUse } from './sources.js';

/** What a pass reads besides its input model; what it does not read is not part of its stage's key. */
export interface Reads {
  /** The job's data set, where there is one. */
  data: boolean;
  /** The job's input model. */
  teacher: boolean;
  /** Every model of the job so far. */
  history: boolean;
  /** This machine's clock: the result follows from it, so that it is true of one machine only. */
  machine: boolean;
  /** Whether this CPU has int8 dot products: the range of weights follows from it. */
  kernels: boolean;
  /** The memory ceiling: a training divides its batches by it, and so its sums. */
  memory: boolean;
  /** Models of the store that the options name. */
  models: readonly ModelUse[];
}

/** What a pass must find in the job's data set; a job that lacks it is not accepted. */
export interface Needs {
  /** Splits of which it needs one, best first; none when it runs without data. */
  splits: readonly string[];
  /** The kind of labels that it goes by. */
  labels?: NeededLabels;
  /** It picks samples out of batches, which it can where they lie along the first axis of every input. */
  batchFirst?: true;
}

export interface NeededLabels {
  kind: 'classes' | 'numbers';
  /** The option that asks for them, and what it is called where its value is no word. */
  option: string;
  /** What to do where there are none. */
  instead: string;
  /** Whether the model must give a score for each class: the option goes by top-1. */
  scores?: boolean;
}

/** What to do about labels of another kind, or none: said of the option, or of what was chosen for it. */
export function missingLabels({ kind, option, instead }: NeededLabels, chosen: unknown): string {
  const subject = typeof chosen === 'string' ? chosen : option;
  return kind === 'numbers'
    ? `${subject} needs labels that are numbers: leave classes out of the labels in the manifest of the data set`
    : `${subject} needs labels with classes, which the data set does not have: add them to its manifest, or ${instead}`;
}

/** What everybody may know of a pass without loading native code. */
export interface PassDescriptor<O extends z.ZodObject = z.ZodObject> {
  summary: string;
  /** Raised whenever the pass may give another result for the same options: it is part of the stage key. */
  version: number;
  options: O;
  /** False for a pass that only measures: its stage's model is its input. */
  changes: boolean;
  /** Whether the model may have fewer parameters or bits behind it. */
  resizes(options: z.infer<O>): boolean;
  /** Options that decide what is done besides, and nothing of the stage's own result: they are no part of its key. */
  besides: readonly string[];
  reads(options: z.infer<O>): Reads;
  needs(options: z.infer<O>): Needs;
}

/** Splits that activations are measured on, and those that weights are learned from. */
const CALIBRATION = ['calibration', 'train'] as const;
const TRAINING = ['train'] as const;

/** Splits that have what an importance reads. */
const SPLITS_OF: Record<ImportanceReads, readonly string[]> = {
  weights: [],
  activations: CALIBRATION,
  gradients: TRAINING,
};

const classesFor = (option: string, instead: string): NeededLabels => ({ kind: 'classes', option, instead });
const topOneFor = (option: string, instead: string): NeededLabels => ({ ...classesFor(option, instead), scores: true });

/** Every pass by name. To add one: its options here, its code in libs/compression/src/catalog.ts. */
export const PASSES = {
  quantize: describe('Store weights, and activations where asked, in fewer bits.', QuantizeOptions, {
    reads: (options) => ({
      data: true,
      machine: options.mixed?.latency !== undefined || seeksSlower(options),
      kernels: options.reduceRange === 'auto' && (options.scheme === 'static' || options.scheme === 'dynamic'),
    }),
    needs: ({ scheme, ranges, encodings, mixed }) => ({
      splits: scheme === 'static' && ranges.length === 0 && !encodings ? CALIBRATION : [],
      ...(mixed?.maxDrop === undefined ? {} : { labels: topOneFor('mixed.maxDrop', 'use minSnrDb') }),
    }),
    version: 17,
  }),
  prune: describe('Remove weights or whole channels that matter least.', PruneOptions, {
    reads: ({ recoverEpochs, budget }) => ({
      data: true,
      teacher: recoverEpochs > 0,
      memory: recoverEpochs > 0,
      machine: budget?.latency !== undefined || budget?.latencyMs !== undefined,
    }),
    needs: ({ importance, recoverEpochs, maxDrop, sensitivity }) => {
      const read = recoverEpochs > 0 ? TRAINING : SPLITS_OF[IMPORTANCES[importance]];
      const measured = maxDrop !== undefined ? 'maxDrop' : sensitivity ? 'sensitivity' : null;
      return {
        splits: read.length === 0 && measured !== null ? CALIBRATION : read,
        ...(read.length > 0 ? { batchFirst: true } : {}),
        ...(measured === null ? {} : { labels: topOneFor(measured, `leave ${measured} out`) }),
      };
    },
    version: 17,
  }),
  distill: describe('Train the model to match its teacher, keeping zeros and grids.', DistillOptions, {
    reads: ({ method, teacher, student }) => ({
      data: method !== 'generative',
      memory: true,
      teacher: teacher === 'original',
      history: teacher === 'previous',
      models: [...modelsOf('teacher', teacher), ...modelsOf('student', student)],
    }),
    needs: ({ method }) => (method === 'generative' ? { splits: [] } : { splits: TRAINING, batchFirst: true }),
    resizes: ({ student }) => student !== 'current',
    version: 16,
  }),
  train: describe('Train the model on labels, from fresh weights or its own.', TrainOptions, {
    // Weights of two bits begin at the floats that they were rounded from.
    reads: ({ initialWeights }) => ({ data: true, memory: true, teacher: initialWeights === 'keep' }),
    needs: ({ loss }) => ({
      splits: TRAINING,
      batchFirst: true,
      labels:
        loss === 'crossEntropy'
          ? classesFor('loss', 'choose mse for numbers')
          : { kind: 'numbers', option: 'loss', instead: '' },
    }),
    resizes: () => false,
    version: 10,
  }),
  analyze: describe('Measure what each layer costs when it alone is quantized, at every width.', AnalyzeOptions, {
    reads: ({ reduceRange }) => ({ data: true, kernels: reduceRange === 'auto' }),
    needs: ({ channels }) =>
      channels && IMPORTANCES[channels.importance] === 'gradients'
        ? { splits: TRAINING, batchFirst: true }
        : { splits: CALIBRATION },
    changes: false,
    version: 6,
  }),
  export: describe('Write the model as a file for the device: the format of ONNX Runtime, or ONNX.', ExportOptions, {
    reads: {},
    changes: false,
    version: 2,
  }),
  evaluate: describe('Measure quality, size and latency of the baseline and of each stage so far.', EvaluateOptions, {
    reads: { data: true, history: true, machine: true },
    needs: ({ split }) => ({ splits: split === 'calibration' ? CALIBRATION : [split] }),
    changes: false,
    besides: ['devices', 'benchmark'],
    version: 6,
  }),
} as const satisfies Record<string, PassDescriptor>;

export type PassName = keyof typeof PASSES;
export type PassOptions<N extends PassName> = z.infer<(typeof PASSES)[N]['options']>;

interface Traits<O extends z.ZodObject> {
  reads: Partial<Reads> | ((options: z.infer<O>) => Partial<Reads>);
  needs?(options: z.infer<O>): Needs;
  changes?: boolean;
  resizes?(options: z.infer<O>): boolean;
  besides?: readonly string[];
  version?: number;
}

function describe<O extends z.ZodObject>(
  summary: string,
  options: O,
  {
    reads,
    needs = () => ({ splits: [] }),
    changes = true,
    resizes = () => changes,
    besides = [],
    version = 1,
  }: Traits<O>,
): PassDescriptor<O> {
  const read = (given: z.infer<O>): Reads => ({
    data: false,
    teacher: false,
    history: false,
    machine: false,
    kernels: false,
    memory: false,
    models: [],
    ...(typeof reads === 'function' ? reads(given) : reads),
  });
  return { summary, version, options, changes, resizes, besides, reads: read, needs };
}

export * from './analyze.js';
export * from './channel-costs.js';
export * from './curve-figures.js';
export * from './custom-metric.js';
export * from './distill.js';
export * from './generator.js';
export * from './going-on.js';
export * from './evaluate.js';
export * from './export.js';
export * from './features.js';
export * from './option-schema.js';
export * from './outputs.js';
export * from './prune.js';
export { seeksSlower } from './quantize-conflicts.js';
export * from './quantize.js';
export * from './sources.js';
export * from './task-choice.js';
export { isRanked, metricsOfTask } from './task-conflicts.js';
export * from './task-options.js';
export * from './train.js';
export * from './training.js';
export * from './tuning.js';
