import type { z } from 'zod';
import { AnalyzeOptions } from './analyze.js';
import { DistillOptions } from './distill.js';
import { EvaluateOptions } from './evaluate.js';
import { PruneOptions } from './prune.js';
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
  /** The memory ceiling: a training divides its batches by it, and so its sums. */
  memory: boolean;
  /** Models of the store that the options name. */
  models: readonly ModelUse[];
}

/** What everybody may know of a pass without loading native code. */
export interface PassDescriptor<O extends z.ZodObject = z.ZodObject> {
  summary: string;
  /** Raised whenever the pass may give another result for the same options: it is part of the stage key. */
  version: number;
  options: O;
  /** False for a pass that only measures: its stage's model is its input. */
  changes: boolean;
  reads(options: z.infer<O>): Reads;
}

/** Every pass by name. To add one: its options here, its code in libs/compression/src/catalog.ts. */
export const PASSES = {
  quantize: describe('Store weights, and activations where asked, in fewer bits.', QuantizeOptions, {
    reads: ({ mixed }) => ({ data: true, machine: mixed?.latency !== undefined }),
    version: 7,
  }),
  prune: describe('Remove weights or whole channels that matter least.', PruneOptions, {
    reads: ({ recoverEpochs, budget }) => ({
      data: true,
      teacher: recoverEpochs > 0,
      memory: recoverEpochs > 0,
      machine: budget?.latency !== undefined || budget?.latencyMs !== undefined,
    }),
    version: 7,
  }),
  distill: describe('Train the model to match its teacher, keeping zeros and grids.', DistillOptions, {
    reads: ({ method, teacher, student }) => ({
      data: method !== 'generative',
      memory: true,
      teacher: teacher === 'original',
      history: teacher === 'previous',
      models: [...modelsOf('teacher', teacher), ...modelsOf('student', student)],
    }),
    version: 7,
  }),
  train: describe('Train the model on labels, from fresh weights or its own.', TrainOptions, {
    reads: { data: true, memory: true },
    version: 3,
  }),
  analyze: describe('Measure what each layer costs when it alone is quantized, at every width.', AnalyzeOptions, {
    reads: { data: true },
    changes: false,
    version: 3,
  }),
  evaluate: describe('Measure accuracy, size and latency of the baseline and of each stage so far.', EvaluateOptions, {
    reads: { data: true, history: true, machine: true },
    changes: false,
    version: 3,
  }),
} as const satisfies Record<string, PassDescriptor>;

export type PassName = keyof typeof PASSES;
export type PassOptions<N extends PassName> = z.infer<(typeof PASSES)[N]['options']>;

interface Traits<O extends z.ZodObject> {
  reads: Partial<Reads> | ((options: z.infer<O>) => Partial<Reads>);
  changes?: boolean;
  version?: number;
}

function describe<O extends z.ZodObject>(
  summary: string,
  options: O,
  { reads, changes = true, version = 1 }: Traits<O>,
): PassDescriptor<O> {
  const read = (given: z.infer<O>): Reads => ({
    data: false,
    teacher: false,
    history: false,
    machine: false,
    memory: false,
    models: [],
    ...(typeof reads === 'function' ? reads(given) : reads),
  });
  return { summary, version, options, changes, reads: read };
}

export * from './analyze.js';
export * from './distill.js';
export * from './generator.js';
export * from './evaluate.js';
export * from './features.js';
export * from './outputs.js';
export * from './prune.js';
export * from './quantize.js';
export * from './sources.js';
export * from './train.js';
export * from './training.js';
