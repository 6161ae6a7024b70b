import type { z } from 'zod';
import { DISTILL_CONFLICTS } from './training-conflicts.js';
import { DistillFields } from './distill-fields.js';

export const DistillOptions = DistillFields.superRefine((options, context) => {
  for (const { field, when, message } of DISTILL_CONFLICTS)
    if (when(options)) context.addIssue({ code: 'custom', path: [field], message });
});
export type DistillOptions = z.infer<typeof DistillOptions>;
