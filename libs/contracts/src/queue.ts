import { z } from 'zod';

/** Every queue job by name; a worker must have exactly one handler for each. */
export const QUEUE_JOBS = {
  stage: z.object({ jobId: z.uuid(), index: z.int().min(0) }),
  finish: z.object({ jobId: z.uuid() }),
} as const;
export type QueueJobs = { [N in keyof typeof QUEUE_JOBS]: z.infer<(typeof QUEUE_JOBS)[N]> };
