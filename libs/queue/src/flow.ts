import type { QueueEntry } from '#contracts';
import type { FlowJobNode, FlowRootParentJob, JobsOptions } from 'bullmq';

export const QUEUE_NAME = 'stages';

export interface RetryPolicy {
  /** How often a queue job is tried when it fails for a reason that may pass. */
  attempts: number;
  /** Wait before the second attempt; doubled before each further one. */
  backoffMs: number;
}

export const RETRY_POLICY: RetryPolicy = { attempts: 6, backoffMs: 1000 };

export const finishId = ({ jobId, run }: Pick<QueueEntry, 'jobId' | 'run'>): string => `${jobId}.${run}.finish`;
const stageId = ({ jobId, run }: QueueEntry, index: number): string => `${jobId}.${run}.${index}`;

/**
 * finish <- last stage <- ... <- first stage, each the only child of the next. A failed child does not hold up its
 * parents: they find in the records that there is nothing to do, so that a flow always drains and leaves nothing
 * behind. Jobs with a priority come after all that have none, the lowest number first.
 */
export function flowOf(entry: QueueEntry, policy: RetryPolicy): FlowRootParentJob {
  const { jobId, run } = entry;
  const options = (id: string): JobsOptions => ({
    jobId: id,
    attempts: policy.attempts,
    backoff: { type: 'exponential', delay: policy.backoffMs },
    removeOnComplete: true,
    removeOnFail: true,
    ignoreDependencyOnFailure: true,
    ...(entry.priority ? { priority: entry.priority } : {}),
  });
  let node: FlowJobNode | undefined;
  for (let index = 0; index < entry.stageCount; index++) {
    node = {
      name: 'stage',
      queueName: QUEUE_NAME,
      data: { jobId, run, index },
      opts: options(stageId(entry, index)),
      children: node ? [node] : [],
    };
  }
  const { ignoreDependencyOnFailure: _root, ...rootOptions } = options(finishId(entry));
  return {
    name: 'finish',
    queueName: QUEUE_NAME,
    data: { jobId, run },
    opts: rootOptions,
    children: node ? [node] : [],
  };
}

/** Queue jobs that are added by one command: each has an answer to come in time. */
const PAGE = 200;

/** Entries in their order, cut where the queue jobs of their flows fill a page. */
export function pagesOf(entries: readonly QueueEntry[]): QueueEntry[][] {
  const pages: QueueEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const size = entry.stageCount + 1;
    if (size > room) {
      pages.push([]);
      room = PAGE;
    }
    pages.at(-1)?.push(entry);
    room -= size;
  }
  return pages;
}
