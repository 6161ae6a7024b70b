import { z } from 'zod';

/** SHA-256 of an artifact's bytes, in lower-case hex; the name under which the store keeps it. */
export const Digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest has 64 hex digits')
  .meta({ id: 'Digest' });
export type Digest = z.infer<typeof Digest>;
