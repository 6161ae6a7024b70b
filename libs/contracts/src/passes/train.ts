import type { z } from 'zod';
import { TRAIN_CONFLICTS } from './training-conflicts.js';
import { TrainFields } from './train-fields.js';

export const TrainOptions = TrainFields.superRefine((options, context) => {
  for (const { field, when, message } of TRAIN_CONFLICTS)
    if (when(options)) context.addIssue({ code: 'custom', path: [field], message });
});
export type TrainOptions = z.infer<typeof TrainOptions>;
