import { z } from 'zod';

/** Every queue job by name; a worker must have exactly one handler for each. */
export const QUEUE_JOBS = {
  stage: z.object({ jobId: z.uuid(), run: z.int().min(1), index: z.int().min(0) }),
  finish: z.object({ jobId: z.uuid(), run: z.int().min(1) }),
} as const;
export type QueueJobs = { [N in keyof typeof QUEUE_JOBS]: z.infer<(typeof QUEUE_JOBS)[N]> };

/** What the queue needs to know of a job; `run` counts the user's retries, each of which is a flow of its own. */
export interface QueueEntry {
  jobId: string;
  stageCount: number;
  run: number;
  /** The lower the sooner; 0, and none, before all others. */
  priority?: number;
}
