import { z } from 'zod';
import { FeatureList } from './features.js';
import { GeneratorOptions } from './generator.js';
import { OutputKinds } from './outputs.js';
import { ScaleOptions, StudentSource, TeacherSource } from './sources.js';
import { DEFAULT_ALPHA, DEFAULT_TEMPERATURE, TRAINER_FIELDS } from './training.js';

/** The options, each by itself: what cannot be had together is another matter. */
export const DistillFields = z.strictObject({
  method: z
    .enum(['discriminative', 'generative', 'hybrid'])
    .default('discriminative')
    .describe(
      'Learn from the train split, from samples that a generator makes up (no data set is read), or from ' +
        'both in turn.',
    ),
  teacher: TeacherSource.default('original').describe(
    "Who teaches: the job's original model, the stage's own input, the model before the last pass, a model " +
      'of the store, or several whose softened answers are averaged.',
  ),
  student: StudentSource.default('current').describe(
    "Who learns: the stage's input, a model of the store, or one cut from the teacher that begins with the " +
      "teacher's weights.",
  ),
  assistants: z
    .array(ScaleOptions)
    .max(4)
    .default([])
    .describe(
      'Models between teacher and student, each taught by the one before (Mirzadeh et al. 2020); sizes are ' +
        'shares of the teacher, largest first.',
    ),
  ...TRAINER_FIELDS,
  temperature: z
    .number()
    .positive()
    .default(DEFAULT_TEMPERATURE)
    .describe('Softens teacher and student logits (Hinton et al. 2015).'),
  alpha: z
    .number()
    .min(0)
    .max(1)
    .default(DEFAULT_ALPHA)
    .describe(
      'Weight of the soft loss; the rest weighs the hard labels, where the method is discriminative and ' +
        'nothing is blended.',
    ),
  outputs: OutputKinds.default('auto'),
  features: FeatureList.default([]),
  generator: GeneratorOptions.prefault({}).describe('The generator of the generative and hybrid methods.'),
  keepZeros: z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .describe('Whether zero weights stay zero; auto keeps them unless they come from rounding on a grid below 5 bits.'),
});
export type DistillFields = z.infer<typeof DistillFields>;
