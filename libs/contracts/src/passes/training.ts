import { z } from 'zod';

/** Changes to the images of a batch, drawn anew for every batch from the job's seed. */
export const AugmentOptions = z.strictObject({
  shift: z
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe(
      'Moves an image by up to so many pixels along each axis, zeros from outside: the random crop of a padded image.',
    ),
  flip: z.boolean().default(false).describe('Mirrors half of the images left to right.'),
  cutout: z.int().min(0).max(256).default(0).describe('Blanks a square of this many pixels (DeVries and Taylor 2017).'),
  mixup: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'Blends pairs of inputs with a Beta(a, a) share (Zhang et al. 2018); train blends the labels as well; ' +
        'for distill the teacher answers for the blend, and hard labels are left out.',
    ),
});
export type AugmentOptions = z.infer<typeof AugmentOptions>;

/** When a run ends before its last epoch. */
export const EarlyStoppingOptions = z.strictObject({
  share: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.1)
    .describe('Share of the train split that is held back, at random, to judge by.'),
  patience: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe('Epochs without a new lowest loss on it after which the run ends.'),
});
export type EarlyStoppingOptions = z.infer<typeof EarlyStoppingOptions>;

/** Weight of the soft loss unless the options say otherwise. */
export const DEFAULT_ALPHA = 0.7;

/** Softness of the answers unless the options say otherwise. */
export const DEFAULT_TEMPERATURE = 4;

/** Options of every pass that trains: the run, its optimizer and its learning rate. */
export const TRAINER_FIELDS = {
  epochs: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('Passes over the training split; without data, runs of as many batches as the generator makes.'),
  batchSize: z.int().min(1).max(4096).default(64).describe('Samples per optimizer step.'),
  optimizer: z
    .enum(['adam', 'sgd'])
    .default('adam')
    .describe(
      'Adam (with weightDecay, which is decoupled: AdamW), or gradient descent with momentum, decoupled likewise.',
    ),
  learningRate: z
    .number()
    .positive()
    .default(2e-3)
    .describe('Step size at its highest; SGD wants some ten times more than Adam.'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('Momentum of SGD.'),
  nesterov: z.boolean().default(false).describe('Look ahead along the momentum of SGD.'),
  weightDecay: z.number().min(0).default(0).describe('Shrinks weights, but not biases and norms, at each step.'),
  clipNorm: z.number().positive().optional().describe('Largest L2 norm of the whole gradient.'),
  schedule: z
    .enum(['constant', 'step', 'cosine', 'oneCycle'])
    .default('cosine')
    .describe('Learning rate over the run.'),
  warmup: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of the run in which the learning rate first rises to its full size.'),
  averaging: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      'Decay of a moving average of the weights that becomes the result, such as 0.99 (less over the first ' +
        'steps, which it would otherwise hardly leave); 0 takes the last weights.',
    ),
  labelSmoothing: z.number().min(0).lt(1).default(0).describe('Share of a hard label that is spread over all classes.'),
  batchNorm: z
    .enum(['frozen', 'batch'])
    .default('frozen')
    .describe(
      'BatchNormalization keeps the statistics in the file, or goes by each batch while it trains and has its ' +
        'statistics estimated anew at the end.',
    ),
  learnScales: z
    .boolean()
    .default(false)
    .describe(
      'Train the scales of quantized weights and activations with the weights (LSQ, Esser et al. 2020); off, ' +
        'integers stay on the grids they have.',
    ),
  freeze: z
    .array(z.string())
    .default([])
    .describe(
      'Weights that stay as they are: names of tensors, or of nodes for all that they read; a star stands for ' +
        'any characters.',
    ),
  thaw: z
    .array(z.string())
    .default([])
    .describe(
      'Tensors that are trained although they look like constants of the architecture (tables, masks, single ' +
        'factors), by name or pattern as in freeze.',
    ),
  earlyStopping: EarlyStoppingOptions.optional().describe(
    'Hold samples back, end the run when the loss on them no longer falls, and keep the weights of the best epoch.',
  ),
  augment: AugmentOptions.prefault({}).describe('Changes to the images of each batch.'),
};

/** What every pass that trains has in its options. */
export const TrainerOptions = z.object(TRAINER_FIELDS);
export type TrainerOptions = z.infer<typeof TrainerOptions>;
