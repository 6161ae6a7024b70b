import { z } from 'zod';

/** How an output of the student is compared with the teacher's. */
export const OutputKind = z.enum(['classification', 'mse', 'cosine']);
export type OutputKind = z.infer<typeof OutputKind>;

export const OutputKinds = z
  .union([z.literal('auto'), OutputKind, z.record(z.string(), OutputKind)])
  .describe(
    "How the student's outputs are compared with the teacher's: softened logits, squared error relative to the " +
      "answer's power, or cosine; one for all, or by output name. auto: logits for the only output [N, K] of a " +
      'data set with K classes, else squared error.',
  );
