import { SweepSubmission } from '#contracts';
import { z } from 'zod';

/** The document stays unparsed here, so that libs/pipeline can name the nearest valid word for each wrong one. */
export const SweepBody = SweepSubmission.extend({
  sweep: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .describe('A sweep as an object, or as YAML or JSON text.'),
}).meta({ id: 'SweepBody' });
export type SweepBody = z.infer<typeof SweepBody>;
