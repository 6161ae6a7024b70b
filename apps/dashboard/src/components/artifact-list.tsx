import { type ArtifactRef, formatBytes, type Job, type JobLineage, type JobStage } from '#contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { saveBytes } from '../api/download.js';
import { ProblemNotice } from './problem.js';
import { Scroll } from './scroll.js';
import { shortDigest } from '../format.js';

export function ArtifactList({ job }: { job: Job }) {
  const artifacts = job.stages.flatMap((stage) => stage.artifacts.map((artifact) => ({ stage, artifact })));
  const origins = useOrigins(job);
  if (artifacts.length === 0) return null;
  return (
    <section aria-label="Artifacts">
      <h2>Artifacts</h2>
      <Scroll isCards label="Artifacts">
        <table>
          <thead>
            <tr>
              <th>Stage</th>
              <th>File</th>
              <th className="number">Size</th>
              <th>SHA-256</th>
              <th>Computed by</th>
              <th>
                <span className="heard">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {artifacts.map(({ stage, artifact }) => (
              <tr key={`${stage.index}/${artifact.name}`}>
                <td>
                  {stage.index + 1}. {stage.pass}
                </td>
                <td>{artifact.name}</td>
                <td className="number">{formatBytes(artifact.bytes)}</td>
                <td>
                  <code title={artifact.digest}>{shortDigest(artifact.digest)}</code>
                </td>
                <td>
                  <Origin stage={stage} origin={origins.get(stage.index)} />
                </td>
                <td>
                  <DownloadButton artifact={artifact} pass={stage.pass} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

export type Origins = JobLineage['stages'][number];

/** Jobs that computed what was found in the cache, by the place of the stage. */
export function useOrigins(job: Job): ReadonlyMap<number, Origins> {
  const isCached = job.stages.some(({ cached }) => cached);
  const { data } = useQuery({
    queryKey: ['lineage', job.id, job.state],
    enabled: isCached,
    queryFn: ({ signal }) => client.jobLineage({ id: job.id }, { signal }),
    staleTime: Infinity,
  });
  return new Map((data?.stages ?? []).map((origin) => [origin.index, origin]));
}

function Origin({ stage, origin }: { stage: JobStage; origin: Origins | undefined }) {
  if (!stage.cached) return <>this job</>;
  if (!origin) return <>a job that was deleted, by the cache</>;
  return (
    <>
      job <a href={`#/jobs/${origin.jobId}`}>{origin.title}</a>, by the cache
    </>
  );
}

function DownloadButton({ artifact, pass }: { artifact: ArtifactRef; pass: string }) {
  const save = useMutation({
    mutationFn: () => saveBytes(client.getArtifact({ digest: artifact.digest }), artifact.name),
  });
  return (
    <>
      <button
        type="button"
        className="quiet"
        disabled={save.isPending}
        onClick={() => save.mutate()}
        aria-label={`Download ${artifact.name} of ${pass}`}
      >
        Download
      </button>
      <ProblemNotice error={save.error} />
    </>
  );
}
