import type { Job } from '#contracts';
import { useMutation } from '@tanstack/react-query';
import { cancelJob, retryJob } from '../api/queries.js';
import { useJobFeed, type JobFeed } from '../api/job-feed.js';
import { ArtifactList } from '../components/artifact-list.js';
import { GateList } from '../components/gate-list.js';
import { JobLog } from '../components/job-log.js';
import { MetricsTable } from '../components/metrics-table.js';
import { Plots } from '../components/plots.js';
import { Problem } from '../components/problem.js';
import { SkippedList } from '../components/skipped-list.js';
import { StageList } from '../components/stage-list.js';
import { StateBadge } from '../components/state-badge.js';
import { shortDigest } from '../format.js';

export function JobPage({ id }: { id: string }) {
  const feed = useJobFeed(id);
  if (!feed.job) return feed.problem ? <p className="problem">{feed.problem}</p> : <p className="quiet">Loading…</p>;
  return <JobView job={feed.job} feed={feed} />;
}

function JobView({ job, feed }: { job: Job; feed: JobFeed }) {
  return (
    <>
      <div className="heading">
        <h1>{job.name ?? job.recipe.name ?? 'Job'}</h1>
        <StateBadge state={job.state} />
        <Actions job={job} />
      </div>
      <p className="quiet">
        {job.id} · model {shortDigest(job.modelId)}
        {job.datasetId && ` · data set ${shortDigest(job.datasetId)}`} · seed {job.recipe.seed}
      </p>
      {feed.problem && <p className="problem">Connection lost, trying again: {feed.problem}</p>}
      <Problem error={job.error} />
      <StageList job={job} feed={feed} />
      <GateList gates={job.gates} />
      <MetricsTable job={job} />
      <Plots job={job} />
      <ArtifactList job={job} />
      <SkippedList job={job} />
      <JobLog lines={feed.log} stages={job.stages} />
    </>
  );
}

function Actions({ job }: { job: Job }) {
  const cancel = useMutation({ mutationFn: () => cancelJob(job.id) });
  const retry = useMutation({ mutationFn: () => retryJob(job.id) });
  const problem = cancel.error ?? retry.error;
  return (
    <>
      {(job.state === 'queued' || job.state === 'running') && (
        <button type="button" className="danger" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
          Cancel
        </button>
      )}
      {(job.state === 'failed' || job.state === 'cancelled') && (
        <button type="button" disabled={retry.isPending} onClick={() => retry.mutate()}>
          Retry
        </button>
      )}
      {problem && <span className="problem">{problem.message}</span>}
    </>
  );
}
