import { formatMetric, type JobItem } from '#contracts';
import { useJobs, type JobChoice } from '../api/queries.js';
import { ProblemNotice } from '../components/problem.js';
import { ProgressBar } from '../components/progress-bar.js';
import { Scroll } from '../components/scroll.js';
import { SearchField } from '../components/search-field.js';
import { StateBadge } from '../components/state-badge.js';
import { ago, factor, shortDigest } from '../format.js';
import { addressOf, replaceAddress } from '../route.js';
import { useTitle } from '../title.js';

const STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];

/** Jobs, newest first; filters and the page stand in the address. */
export function JobsPage({ query }: { query: URLSearchParams }) {
  const of = (name: string) => query.get(name) ?? '';
  const choice = { state: of('state'), q: of('q'), model: of('model'), cursor: of('cursor') };
  const { data, error, isPending } = useJobs(choice);
  useTitle(['Jobs', choice.state, choice.q].filter(Boolean).join(' · '));
  return (
    <>
      <div className="heading">
        <h1>Jobs</h1>
        <Filters choice={choice} />
        <a href={addressOf('compare', { model: choice.model })}>Compare</a>
      </div>
      <ProblemNotice error={error} />
      {isPending && <p className="quiet">Loading…</p>}
      {data?.items.length === 0 && <NoJobs choice={choice} />}
      {data && data.items.length > 0 && <JobTable jobs={data.items} />}
      {data && <Pages choice={choice} next={data.nextCursor} />}
    </>
  );
}

function Filters({ choice: { state, q, model } }: { choice: JobChoice }) {
  return (
    <search className="filters">
      <SearchField
        label="Name"
        value={q}
        placeholder="name or pass"
        onChange={(text) => replaceAddress(addressOf('jobs', { state, q: text, model }))}
      />
      <label>
        State{' '}
        <select
          name="state"
          value={state}
          onChange={(event) => replaceAddress(addressOf('jobs', { state: event.target.value, q, model }))}
        >
          <option value="">all</option>
          {STATES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {model && (
        <a className="quiet" href={addressOf('jobs', { state, q })}>
          One model only: show all
        </a>
      )}
    </search>
  );
}

function NoJobs({ choice }: { choice: JobChoice }) {
  if (Object.values(choice).some(Boolean)) {
    return (
      <p className="empty">
        No jobs match. <a href="#/jobs">Show all</a>
      </p>
    );
  }
  return (
    <p className="empty">
      No jobs here. <a href="#/new">Submit the first one</a>, or run <code>npm run demo</code>.
    </p>
  );
}

function Pages({ choice: { cursor, ...choice }, next }: { choice: JobChoice; next: string | null }) {
  if (!cursor && next === null) return null;
  return (
    <nav className="pages" aria-label="Pages of the list">
      {cursor && <a href={addressOf('jobs', choice)}>Newest</a>}
      {next === null ? (
        <span className="quiet">These are the oldest.</span>
      ) : (
        <a href={addressOf('jobs', { ...choice, cursor: next })}>Older jobs</a>
      )}
    </nav>
  );
}

function JobTable({ jobs }: { jobs: JobItem[] }) {
  return (
    <Scroll isCards label="Jobs">
      <table>
        <thead>
          <tr>
            <th>Job</th>
            <th>State</th>
            <th>Stages</th>
            <th className="number">Size</th>
            <th className="number">Top-1</th>
            <th>Gates</th>
            <th>Submitted</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function JobRow({ job }: { job: JobItem }) {
  const { final } = job;
  const done = job.stages.reduce((sum, stage) => sum + (stage.state === 'succeeded' ? 1 : stage.progress), 0);
  return (
    <tr>
      <td className="wide">
        <a href={`#/jobs/${job.id}`}>{job.name ?? job.title}</a>
        <div className="quiet">model {shortDigest(job.modelId)}</div>
      </td>
      <td>
        <StateBadge state={job.state} />
      </td>
      <td className="wide">
        <div className="quiet">{job.stages.map((stage) => stage.pass).join(' → ')}</div>
        <ProgressBar value={done / job.stages.length} label={`progress of ${job.name ?? job.id}`} />
      </td>
      <td className="number">{final && job.baseline ? factor(final.bytes, job.baseline.bytes) : ''}</td>
      <td className="number">{final?.top1 === undefined ? '' : formatMetric('top1', final.top1)}</td>
      <td>{job.gatesPassed === null ? '' : <StateBadge state={job.gatesPassed ? 'passed' : 'missed'} />}</td>
      <td>{ago(job.createdAt)}</td>
    </tr>
  );
}
