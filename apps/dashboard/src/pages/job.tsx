import { leftWords, type Job } from '#contracts';
import { useMutation } from '@tanstack/react-query';
import { useJobFeed, type JobFeed } from '../api/job-feed.js';
import { cancelJob, retryJob, useDataset, useLine, useModel, useOutlook, useRest } from '../api/queries.js';
import { ArtifactList } from '../components/artifact-list.js';
import { FeedProblem } from '../components/feed-problem.js';
import { GateList } from '../components/gate-list.js';
import { JobLog } from '../components/job-log.js';
import { MetricsTable } from '../components/metrics-table.js';
import { Plots } from '../components/plots.js';
import { ProblemNotice } from '../components/problem.js';
import { RoleButton } from '../components/role-button.js';
import { StageList } from '../components/stage-list.js';
import { DeviceResults } from '../components/device-results.js';
import { StateBadge } from '../components/state-badge.js';
import { Timeline } from '../components/timeline.js';
import { JobVerdict } from '../components/verdict.js';
import { modelFileName, shortDigest } from '../format.js';
import { jobName, outlookWords, placeInLine, restWords, stateInWords, tabTitle } from '../job-words.js';
import { JobGraph } from '../model-graph/job-graph.js';
import { addressOf, replaceAddress, type PageProps } from '../route.js';
import { useTitle } from '../title.js';
import { NotFoundPage } from './not-found.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function JobPage({ id, query }: PageProps) {
  if (!UUID.test(id))
    return (
      <NotFoundPage title="No such job">
        “{id}” is not the id of a job: an id has 36 characters, as in the list of jobs.
      </NotFoundPage>
    );
  return <FollowedJob id={id} query={query} />;
}

function FollowedJob({ id, query }: PageProps) {
  const { feed, resume } = useJobFeed(id);
  if (feed.job) return <JobView job={feed.job} feed={feed} query={query} resume={resume} />;
  if (feed.refusal?.status === 404)
    return (
      <NotFoundPage title="No such job">There is no job {id}: it was deleted, or it is another server's.</NotFoundPage>
    );
  return <Waiting problem={feed.refusal?.detail ?? feed.problem} resume={resume} />;
}

function Waiting({ problem, resume }: { problem: string | null; resume: () => void }) {
  useTitle('Job');
  return problem ? <FeedProblem problem={problem} resume={resume} /> : <p className="quiet">Loading…</p>;
}

interface ViewProps {
  job: Job;
  feed: JobFeed;
  query: URLSearchParams;
  resume: () => void;
}

function JobView({ job, feed, query, resume }: ViewProps) {
  const model = useModel(job.modelId);
  const name = jobName(job, model.data?.name);
  useTitle(tabTitle(job, name));
  const change = (changes: Partial<Record<'stages' | 'log' | 'graph', string>>) =>
    replaceAddress(addressOf(`jobs/${job.id}`, { ...Object.fromEntries(query), ...changes }));
  const running = job.stages.find(({ state }) => state === 'running');
  const left = running && feed.left?.index === running.index ? leftWords(feed.left, running.pass) : null;
  return (
    <>
      <div className="heading">
        <h1>{name}</h1>
        <StateBadge state={job.state} />
        <Actions job={job} onRetried={resume} />
      </div>
      <Inputs job={job} />
      <p role="status">
        {stateInWords(job, left)} {job.state === 'queued' && <Line job={job} />}
        {running && left === null && <Rest id={job.id} stage={running.index} />}
      </p>
      <FeedProblem problem={feed.refusal?.detail ?? feed.problem} resume={resume} />
      <ProblemNotice error={job.error} />
      <JobVerdict job={job} fileName={modelFileName(name)} />
      <GateList gates={job.gates} />
      <StageList job={job} feed={feed} opened={query.get('stages')} onOpened={(stages) => change({ stages })} />
      <MetricsTable job={job} />
      <JobGraph job={job} view={query.get('graph')} onView={(graph) => change({ graph })} />
      <Plots job={job} />
      <ArtifactList job={job} />
      <DeviceResults job={job} />
      <Timeline job={job} />
      <JobLog
        lines={feed.log}
        stages={job.stages}
        fileName={modelFileName(name).replace(/onnx$/, 'log')}
        wanted={query.get('log') ?? ''}
        onWanted={(log) => change({ log })}
      />
    </>
  );
}

function Line({ job }: { job: Job }) {
  const { data } = useLine();
  const outlook = useOutlook(job.id);
  return data && <>{`${placeInLine(job, data)} ${outlook.data ? outlookWords(outlook.data) : ''}`}</>;
}

/** As long as a stage does not tell how long it takes, earlier ones do. */
function Rest({ id, stage }: { id: string; stage: number }) {
  const { data } = useRest(id, stage);
  return data && <>{restWords(data)}</>;
}

/** What the job was given, by name; each leads to what else was made of it. */
function Inputs({ job }: { job: Job }) {
  const model = useModel(job.modelId);
  const dataset = useDataset(job.datasetId);
  return (
    <p className="quiet inputs">
      Model{' '}
      <a href={`#/models/${job.modelId}`} title={job.modelId}>
        {model.data?.name ?? shortDigest(job.modelId)}
      </a>
      {job.datasetId && (
        <>
          {' '}
          · data set{' '}
          <a href={addressOf('data', { q: dataset.data?.name })} title={job.datasetId}>
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
        <RoleButton className="danger" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
          Cancel
        </RoleButton>
      )}
      {(job.state === 'failed' || job.state === 'cancelled') && (
        <RoleButton disabled={retry.isPending} onClick={() => retry.mutate()}>
          Retry
        </RoleButton>
      )}
      <a href={addressOf('new', { job: job.id })}>Clone</a>
      <a href={addressOf('compare', { model: job.modelId, data: job.datasetId ?? 'none', pick: job.id })}>Compare</a>
      <ProblemNotice error={problem} />
    </>
  );
}
