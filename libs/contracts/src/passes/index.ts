import type { z } from 'zod';
import { DistillOptions } from './distill.js';
import { EvaluateOptions } from './evaluate.js';
import { PruneOptions } from './prune.js';
import { QuantizeOptions } from './quantize.js';

/** What everybody may know of a pass without loading native code. */
export interface PassDescriptor<O extends z.ZodType = z.ZodType> {
  summary: string;
  /** Raised whenever the pass may give another result for the same options: it is part of the stage key. */
  version: number;
  options: O;
  /** What the pass reads besides the model. */
  reads: { data: boolean; teacher: boolean; history: boolean };
}

/** Every pass by name. To add one: its options here, its code in libs/compression/src/catalog.ts. */
export const PASSES = {
  quantize: describe('Store weights and activations as 8-bit integers (Q/DQ).', QuantizeOptions, { data: true }),
  prune: describe('Remove weights or whole channels that matter least.', PruneOptions, { data: true }, 2),
  distill: describe("Train the model to match its teacher, keeping zeros and grids.", DistillOptions, { data: true, teacher: true }),
  evaluate: describe('Measure accuracy, size and latency of the baseline and of each stage so far.', EvaluateOptions, { data: true, history: true }),
} as const satisfies Record<string, PassDescriptor>;

export type PassName = keyof typeof PASSES;
export type PassOptions<N extends PassName> = z.infer<(typeof PASSES)[N]['options']>;

function describe<O extends z.ZodType>(summary: string, options: O, reads: Partial<PassDescriptor['reads']>, version = 1): PassDescriptor<O> {
  return { summary, version, options, reads: { data: false, teacher: false, history: false, ...reads } };
}

export * from './distill.js';
export * from './evaluate.js';
export * from './prune.js';
export * from './quantize.js';
