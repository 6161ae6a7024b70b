import type { z } from 'zod';
import { PRUNE_CONFLICTS } from './prune-conflicts.js';
import { PruneFields } from './prune-fields.js';

export { IMPORTANCES, type ImportanceName, type ImportanceReads } from './prune-fields.js';
export const PruneOptions = PruneFields.superRefine((options, context) => {
  for (const { field, when, message } of PRUNE_CONFLICTS)
    if (when(options)) context.addIssue({ code: 'custom', path: [field], message });
});
export type PruneOptions = z.infer<typeof PruneOptions>;
