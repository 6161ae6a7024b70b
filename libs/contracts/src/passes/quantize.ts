import type { z } from 'zod';
import { QUANTIZE_CONFLICTS } from './quantize-conflicts.js';
import { QuantizeFields } from './quantize-fields.js';

export const QuantizeOptions = QuantizeFields.superRefine((options, context) => {
  for (const { field, when, message } of QUANTIZE_CONFLICTS)
    if (when(options)) context.addIssue({ code: 'custom', path: [field], message });
});
export type QuantizeOptions = z.infer<typeof QuantizeOptions>;
