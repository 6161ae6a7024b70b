import { Digest, JobSubmission } from '#contracts';
import { z } from 'zod';

/** The recipe stays unparsed here, so that libs/pipeline can name the nearest valid word for each wrong one. */
export const JobBody = JobSubmission.extend({
  model: Digest,
  recipe: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .describe('A recipe as an object, or as YAML or JSON text.'),
}).meta({ id: 'JobBody' });
export type JobBody = z.infer<typeof JobBody>;

const MAX_BATCH = 100;

export const JobBodies = z.union([JobBody, z.array(JobBody).min(1).max(MAX_BATCH)]);
export type JobBodies = z.infer<typeof JobBodies>;

export const IdempotencyKey = z.string().min(1).max(255).optional();
