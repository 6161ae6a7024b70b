import type { Job } from '#contracts';

/** Files that the pass export writes in place of a model. */
const EXPORTED = /^exported\.(ort|onnx)$/;

/**
 * The model that a job's passes left: the last one, be it the input itself; or the file that was made of it for the
 * device, which has another name.
 */
export function finalModel({ modelId, stages }: Pick<Job, 'modelId' | 'stages'>): {
  digest: string;
  isChanged: boolean;
  name: string;
} {
  const exported = stages.flatMap(({ artifacts }) => artifacts).findLast(({ name }) => EXPORTED.test(name));
  if (exported) return { digest: exported.digest, isChanged: true, name: exported.name };
  const digest = stages.findLast(({ modelDigest }) => modelDigest !== null)?.modelDigest ?? modelId;
  return { digest, isChanged: digest !== modelId, name: 'model.onnx' };
}
