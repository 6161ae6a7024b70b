import { z } from 'zod';

/** When a job that has not ended will have, as far as earlier stages tell. */
export const JobOutlook = z
  .object({
    jobsBefore: z.int().describe('Jobs that were submitted before it and have not ended; 200 stands for more.'),
    secondsBefore: z
      .number()
      .nullable()
      .describe('What is left of the time of their passes; null where nothing tells of any of them.'),
    seconds: z.number().nullable().describe('What is left of the time of its own passes; null where nothing tells.'),
    unknown: z.array(z.string()).describe('Passes that have not run on their model: they are in neither.'),
    lanes: z.int().describe('Stages that the connected workers run at a time.'),
  })
  .meta({ id: 'JobOutlook' });
export type JobOutlook = z.infer<typeof JobOutlook>;
