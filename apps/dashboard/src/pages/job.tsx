import type { Job } from '#contracts';
import { useMutation } from '@tanstack/react-query';
import { useJobFeed, type JobFeed } from '../api/job-feed.js';
import { cancelJob, retryJob, useDataset, useLine, useModel } from '../api/queries.js';
import { ArtifactList } from '../components/artifact-list.js';
import { GateList } from '../components/gate-list.js';
import { JobLog } from '../components/job-log.js';
import { MetricsTable } from '../components/metrics-table.js';
import { Plots } from '../components/plots.js';
import { ProblemNotice } from '../components/problem.js';
import { SkippedList } from '../components/skipped-list.js';
import { StageList } from '../components/stage-list.js';
import { StateBadge } from '../components/state-badge.js';
import { JobVerdict } from '../components/verdict.js';
import { fileNameOf, shortDigest } from '../format.js';
import { jobName, placeInLine, stateInWords, tabTitle } from '../job-words.js';
import { addressOf } from '../route.js';
import { useTitle } from '../title.js';
import { NotFoundPage } from './not-found.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function JobPage({ id }: { id: string }) {
  if (!UUID.test(id))
    return (
      <NotFoundPage title="No such job">
        “{id}” is not the id of a job: an id has 36 characters, as in the list of jobs.
      </NotFoundPage>
    );
  return <FollowedJob id={id} />;
}

function FollowedJob({ id }: { id: string }) {
  const { feed, resume } = useJobFeed(id);
  if (feed.job) return <JobView job={feed.job} feed={feed} resume={resume} />;
  if (feed.refusal?.status === 404)
    return (
      <NotFoundPage title="No such job">There is no job {id}: it was deleted, or it is another server's.</NotFoundPage>
    );
  return <Waiting problem={feed.refusal?.detail ?? feed.problem} />;
}

function Waiting({ problem }: { problem: string | null }) {
  useTitle('Job');
  return problem ? <ProblemNotice error={{ message: problem }} /> : <p className="quiet">Loading…</p>;
}

function JobView({ job, feed, resume }: { job: Job; feed: JobFeed; resume: () => void }) {
  const model = useModel(job.modelId);
  const name = jobName(job, model.data?.name);
  useTitle(tabTitle(job, name));
  return (
    <>
      <div className="heading">
        <h1>{name}</h1>
        <StateBadge state={job.state} />
        <Actions job={job} onRetried={resume} />
      </div>
      <Inputs job={job} />
      <p role="status">
        {stateInWords(job)} {job.state === 'queued' && <Line job={job} />}
      </p>
      {feed.problem && <p className="problem">Connection lost, trying again: {feed.problem}</p>}
      <ProblemNotice error={feed.refusal && { message: feed.refusal.detail }} />
      <ProblemNotice error={job.error} />
      <JobVerdict job={job} fileName={fileNameOf(name)} />
      <GateList gates={job.gates} />
      <StageList job={job} feed={feed} />
      <MetricsTable job={job} />
      <Plots job={job} />
      <ArtifactList job={job} />
      <SkippedList job={job} />
      <JobLog lines={feed.log} stages={job.stages} />
    </>
  );
}

function Line({ job }: { job: Job }) {
  const { data } = useLine();
  return data && <>{placeInLine(job, data)}</>;
}

/** What the job was given, by name; each leads to what else was made of it. */
function Inputs({ job }: { job: Job }) {
  const model = useModel(job.modelId);
  const dataset = useDataset(job.datasetId);
  return (
    <p className="quiet inputs">
      Model{' '}
      <a href={addressOf('jobs', { model: job.modelId })} title={job.modelId}>
        {model.data?.name ?? shortDigest(job.modelId)}
      </a>
      {job.datasetId && (
        <>
          {' '}
          · data set{' '}
          <a href={addressOf('compare', { model: job.modelId, data: job.datasetId })} title={job.datasetId}>
            {dataset.data?.name ?? shortDigest(job.datasetId)}
          </a>
        </>
      )}{' '}
      · seed {job.recipe.seed} · <code>{job.id}</code>
    </p>
  );
}

function Actions({ job, onRetried }: { job: Job; onRetried: () => void }) {
  const cancel = useMutation({ mutationFn: () => cancelJob(job.id) });
  const retry = useMutation({ mutationFn: () => retryJob(job.id), onSuccess: onRetried });
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
      <a href={addressOf('new', { job: job.id })}>Clone</a>
      <ProblemNotice error={problem} />
    </>
  );
}
