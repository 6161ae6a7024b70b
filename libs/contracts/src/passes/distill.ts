import { z } from 'zod';
import { FeatureList } from './features.js';
import { OutputKinds } from './outputs.js';
import { ScaleOptions, StudentSource, TeacherSource } from './sources.js';
import { DISTILL_CONFLICTS } from './training-conflicts.js';
import { TRAINER_FIELDS } from './training.js';

/** How samples are made up where data is missing. */
export const GeneratorOptions = z.strictObject({
  low: z.number().default(0).describe('Lowest value of a real input.'),
  high: z.number().default(1).describe('Highest value of a real input.'),
  learningRate: z.number().positive().default(1e-3).describe("Adam's step size for the generator."),
  statistics: z.number().min(0).default(1).describe("Weight of the means and deviations that the teacher's BatchNormalization nodes remember (DeepInversion, Yin et al. 2020)."),
  adversarial: z.number().min(0).max(100).default(10).describe('Weight of samples on which student and teacher differ (DFAD, Fang et al. 2019); 0 trains the generator through the teacher alone.'),
  lessonsPerEpoch: z.int().min(1).max(100_000).default(125).describe('Batches made up in each epoch; the student repeats older ones in between.'),
});
export type GeneratorOptions = z.infer<typeof GeneratorOptions>;

export const DistillOptions = z.strictObject({
  method: z.enum(['discriminative', 'generative', 'hybrid']).default('discriminative').describe('Learn from the train split, from samples that a generator makes up (no data set is read), or from both in turn.'),
  teacher: TeacherSource.default('original').describe("Who teaches: the job's original model, the stage's own input, the model before the last pass, a model of the store, or several whose softened answers are averaged."),
  student: StudentSource.default('current').describe("Who learns: the stage's input, a model of the store, or one cut from the teacher that begins with the teacher's weights."),
  assistants: z.array(ScaleOptions).max(4).default([]).describe('Models between teacher and student, each taught by the one before (Mirzadeh et al. 2020); sizes are shares of the teacher, largest first.'),
  ...TRAINER_FIELDS,
  temperature: z.number().positive().default(4).describe('Softens teacher and student logits (Hinton et al. 2015).'),
  alpha: z.number().min(0).max(1).default(0.7).describe('Weight of the soft loss; the rest weighs the hard labels.'),
  outputs: OutputKinds.default('auto'),
  features: FeatureList.default([]),
  generator: GeneratorOptions.prefault({}).describe('The generator of the generative and hybrid methods.'),
  keepZeros: z.enum(['auto', 'always', 'never']).default('auto').describe('Whether zero weights stay zero; auto keeps them unless they come from rounding on a grid below 5 bits.'),
}).superRefine((options, context) => {
  for (const { field, when, message } of DISTILL_CONFLICTS) if (when(options)) context.addIssue({ code: 'custom', path: [field], message });
});
export type DistillOptions = z.infer<typeof DistillOptions>;
