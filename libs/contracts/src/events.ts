import { z } from 'zod';
import { Job, JobStage } from './rest.js';

/** What the event stream of a job carries; `id` grows within a job and is the Last-Event-ID. */
export const JobEvent = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('snapshot'), job: Job }),
    z.object({ type: z.literal('job'), state: Job.shape.state }),
    z.object({ type: z.literal('stage'), stage: JobStage }),
    z.object({
      type: z.literal('progress'),
      index: z.number().int(),
      fraction: z.number(),
      message: z.string().optional(),
      values: z.record(z.string(), z.number()).optional(),
      leftS: z.number().optional().describe('Seconds that the stage still takes, by its pace so far.'),
      jobLeftS: z
        .number()
        .optional()
        .describe('Seconds that the job still takes, where earlier runs of its passes on its model tell.'),
    }),
    z.object({ type: z.literal('log'), index: z.number().int(), line: z.string() }),
  ])
  .meta({ id: 'JobEvent' });
export type JobEvent = z.infer<typeof JobEvent>;

export const StoredJobEvent = z.object({ id: z.number().int(), at: z.iso.datetime(), event: JobEvent });
export type StoredJobEvent = z.infer<typeof StoredJobEvent>;
