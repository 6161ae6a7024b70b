import type { QueueJobs } from '#contracts';
import type { Attempt } from '#queue';

/**
 * Does the queue's jobs of one name. Throws PermanentFailure when no attempt can help, Interrupted when the worker
 * shuts down, Postponed when a server is away, and anything else for another attempt.
 */
export interface Processor<N extends keyof QueueJobs> {
  process(payload: QueueJobs[N], attempt: Attempt): Promise<void>;
}
