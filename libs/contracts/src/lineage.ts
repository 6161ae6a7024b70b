import { z } from 'zod';
import { Digest } from './digest.js';

/** A job that computed something, by name. */
const Origin = z.object({
  jobId: z.uuid(),
  title: z.string().describe("The job's name, or what its recipe asks for."),
});

/** Where what a job did not compute itself comes from. */
export const JobLineage = z
  .object({
    stages: z.array(
      Origin.extend({
        index: z.int().describe('Place of the stage whose result was found.'),
        computedAt: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'JobLineage' });
export type JobLineage = z.infer<typeof JobLineage>;

/** What a model was made from, and what was made from it. */
export const ModelLineage = z
  .object({
    parents: z
      .array(
        Origin.extend({
          pass: z.string().describe('The pass that made it.'),
          modelId: Digest.describe('The model that the job was given.'),
          modelName: z.string(),
        }),
      )
      .describe('Jobs that came to it, the first one first.'),
    children: z
      .array(
        Origin.extend({
          sweepId: z.uuid().nullable(),
          digest: Digest.describe('The last model of the job.'),
          modelName: z.string().nullable().describe('Its name where it is stored as a model; else null.'),
          bytes: z.number().nullable(),
          finishedAt: z.iso.datetime(),
        }),
      )
      .describe('Models that jobs on it came to, the newest first; of jobs that came to the same, the first.'),
    isCut: z.boolean().describe('More was made from it than is listed.'),
  })
  .meta({ id: 'ModelLineage' });
export type ModelLineage = z.infer<typeof ModelLineage>;
