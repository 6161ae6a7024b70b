import { z } from 'zod';
import { Digest } from '../digest.js';

/** A model of the store that a pass's options name, and where they name it. */
export interface ModelUse {
  /** Path of the field within the options, such as `teacher.models[1]`. */
  field: string;
  digest: Digest;
}

const StoredModel = z.strictObject({ model: Digest.describe('Id of a model in the store.') });

/** A model cut down from another: channels by importance, blocks that keep their shape evenly. */
export const ScaleOptions = z.strictObject({
  width: z
    .number()
    .min(0.01)
    .max(1)
    .default(1)
    .describe('Share of channels kept in each group, the most important ones.'),
  depth: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'Share kept of the blocks whose output has the shape of their input, evenly spread; the first goes last.',
    ),
});
export type ScaleOptions = z.infer<typeof ScaleOptions>;

export const TeacherSource = z
  .union(
    [
      z.enum(['original', 'current', 'previous']),
      StoredModel,
      z.strictObject({
        models: z.array(Digest).min(1).max(16).describe('Ids of models in the store.'),
        weights: z.array(z.number().positive()).optional().describe('Say of each model in the mean; alike by default.'),
      }),
    ],
    { error: 'expected original, current, previous, { model: ID } or { models: [ID, …], weights: […] }' },
  )
  .refine(
    (source) =>
      typeof source === 'string' ||
      !('models' in source) ||
      source.weights === undefined ||
      source.weights.length === source.models.length,
    { error: 'weights must be as many as models', path: ['weights'] },
  );
export type TeacherSource = z.infer<typeof TeacherSource>;

export const StudentSource = z.union([z.literal('current'), StoredModel, ScaleOptions], {
  error: 'expected current, { model: ID } or { width, depth }',
});
export type StudentSource = z.infer<typeof StudentSource>;

/** The models of the store that a teacher or student is made of. */
export function modelsOf(field: string, source: TeacherSource | StudentSource): ModelUse[] {
  if (typeof source === 'string') return [];
  if ('model' in source) return [{ field: `${field}.model`, digest: source.model }];
  if ('models' in source) return source.models.map((digest, i) => ({ field: `${field}.models[${i}]`, digest }));
  return [];
}
