import type { Job } from '#contracts';

/** The model that a job's passes left: the last one, be it the input itself. */
export function finalModel({ modelId, stages }: Pick<Job, 'modelId' | 'stages'>): {
  digest: string;
  isChanged: boolean;
} {
  const digest = stages.findLast(({ modelDigest }) => modelDigest !== null)?.modelDigest ?? modelId;
  return { digest, isChanged: digest !== modelId };
}
