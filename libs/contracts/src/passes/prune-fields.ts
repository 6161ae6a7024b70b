import { z } from 'zod';

/** What the fields below are unless the options say otherwise. */
export const PRUNE_DEFAULTS = {
  ratio: 0.5,
  steps: 4,
  layerLimit: 0.9,
  multipleOf: 8,
  pattern: '2:4',
  block: [1, 4] as [number, number],
};

/** What an importance reads of the model and the data. */
export type ImportanceReads = 'weights' | 'activations' | 'gradients';

/**
 * Every importance and what it reads: the job's data set must have it. What each computes:
 * libs/compression/src/pruning/importance.
 */
export const IMPORTANCES = {
  l1: 'weights',
  l2: 'weights',
  'geometric-median': 'weights',
  'bn-scale': 'weights',
  entropy: 'activations',
  apoz: 'activations',
  taylor: 'gradients',
  fisher: 'gradients',
  random: 'weights',
} as const satisfies Record<string, ImportanceReads>;
export type ImportanceName = keyof typeof IMPORTANCES;

/** The options, each by itself: what cannot be had together is another matter. */
export const PruneFields = z.strictObject({
  granularity: z
    .enum(['weight', 'n:m', 'block', 'channel', 'layer'])
    .default('channel')
    .describe(
      'Zeros for single weights, n of every m, or blocks; or whole channels removed from the tensors; or layers and residual blocks that keep their shape dropped.',
    ),
  ratio: z
    .number()
    .min(0)
    .max(0.99)
    .default(PRUNE_DEFAULTS.ratio)
    .describe('Share of weights, channels or droppable layers to remove.'),
  importance: z
    .enum(Object.keys(IMPORTANCES) as ImportanceName[])
    .default('l2')
    .describe(
      'How the worth of a channel or a weight is judged. A weight counts by magnitude (l1, l2), by gradient (taylor, fisher), at random, or by its magnitude and the channels that it joins (the others). Layers go by the error of the outputs without them, or at random.',
    ),
  samples: z
    .int()
    .min(1)
    .max(100_000)
    .default(256)
    .describe('Samples that importances by activation or gradient look at.'),
  budget: z
    .strictObject({
      parameters: z.number().positive().max(1).optional().describe('Share of the parameters that may stay.'),
      bytes: z.number().positive().max(1).optional().describe('Share of the bytes of the file that may stay.'),
      macs: z.number().positive().max(1).optional().describe('Share of the multiply-accumulates that may stay.'),
      latency: z
        .number()
        .positive()
        .max(1)
        .optional()
        .describe(
          'Share of the single-sample latency, measured on the machine that runs the stage: another machine may come to another ratio.',
        ),
      latencyMs: z.number().positive().optional().describe('The same in milliseconds.'),
    })
    .optional()
    .describe(
      'With granularity channel: shares of the figures before that may be left; the ratio is then found, not given.',
    ),
  maxDrop: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'As far as accuracy allows: the largest loss of top-1 on calibration samples; the ratio is then the most that is tried. One-shot only.',
    ),
  sensitivity: z
    .boolean()
    .default(false)
    .describe(
      'With granularity channel: write what each group alone costs in top-1 at 25, 50 and 75 % to sensitivity.json, with its plot and that of the importances.',
    ),
  schedule: z
    .enum(['one-shot', 'iterative', 'gradual'])
    .default('one-shot')
    .describe('Remove all at once, in equal steps, or in steps that get smaller (cubic, AGP).'),
  steps: z.int().min(2).max(100).default(PRUNE_DEFAULTS.steps).describe('Steps of a schedule that is not one-shot.'),
  recoverEpochs: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe('Epochs of distillation from the original model after each step but the last; needs a train split.'),
  freeze: z
    .array(z.string())
    .default([])
    .describe('Weights that recoverEpochs leaves as they are, by name or pattern of tensors or nodes.'),
  scope: z
    .enum(['auto', 'layer', 'global'])
    .default('auto')
    .describe(
      'Apply the ratio in each layer, or over the model as a whole; auto is global for weights and blocks, and layer for channels.',
    ),
  layerLimit: z
    .number()
    .min(0)
    .max(1)
    .default(PRUNE_DEFAULTS.layerLimit)
    .describe('With scope global: the largest share that one layer may lose.'),
  layerLimits: z
    .record(z.string(), z.number().min(0).max(1))
    .default({})
    .describe(
      'Largest share that layers may lose, by node name; a star in a name stands for any characters. Not for n:m.',
    ),
  groupWeights: z
    .enum(['equal', 'size', 'macs'])
    .default('equal')
    .describe(
      'How the tensors of a channel count in its importance by magnitude or gradient: alike, by their elements, or by the multiply-accumulates of their layer.',
    ),
  multipleOf: z
    .int()
    .min(1)
    .max(64)
    .default(PRUNE_DEFAULTS.multipleOf)
    .describe('Channel counts are rounded up to a multiple of this.'),
  pattern: z
    .string()
    .regex(/^[1-9]\d?:[1-9]\d?$/, 'two counts such as 2:4')
    .default(PRUNE_DEFAULTS.pattern)
    .describe('With granularity n:m: weights kept : consecutive input weights. The ratio is then given by it.'),
  block: z
    .tuple([z.int().min(1).max(256), z.int().min(1).max(256)])
    .default(PRUNE_DEFAULTS.block)
    .describe('With granularity block: consecutive outputs and inputs that go together.'),
  exclude: z.array(z.string()).default([]).describe('Nodes that are left alone, by name or pattern as in layerLimits.'),
});
export type PruneFields = z.infer<typeof PruneFields>;
