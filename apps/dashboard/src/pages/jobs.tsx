import type { JobItem } from '#contracts';
import { useState } from 'react';
import { useJobs } from '../api/queries.js';
import { Problem } from '../components/problem.js';
import { ProgressBar } from '../components/progress-bar.js';
import { StateBadge } from '../components/state-badge.js';
import { formatMetric } from '#contracts/metric-table';
import { ago, factor, shortDigest } from '../format.js';

const FILTERS = ['', 'queued', 'running', 'succeeded', 'failed', 'cancelled'];

export function JobsPage() {
  const [state, setState] = useState('');
  const { data, error, isPending } = useJobs(state);
  return (
    <>
      <div className="heading">
        <h1>Jobs</h1>
        <label>
          State{' '}
          <select value={state} onChange={(event) => setState(event.target.value)}>
            {FILTERS.map((filter) => (
              <option key={filter} value={filter}>
                {filter || 'all'}
              </option>
            ))}
          </select>
        </label>
        <a className="button" href="#/new">
          New job
        </a>
      </div>
      <Problem error={error} />
      {isPending && <p className="quiet">Loading…</p>}
      {data?.items.length === 0 && (
        <p className="empty">
          No jobs here. <a href="#/new">Submit the first one</a>, or run <code>npm run demo</code>.
        </p>
      )}
      {data && data.items.length > 0 && <JobTable jobs={data.items} />}
    </>
  );
}

function JobTable({ jobs }: { jobs: JobItem[] }) {
  return (
    <div className="scroll">
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
    </div>
  );
}

function JobRow({ job }: { job: JobItem }) {
  const { final } = job;
  const done = job.stages.reduce((sum, stage) => sum + (stage.state === 'succeeded' ? 1 : stage.progress), 0);
  return (
    <tr>
      <td>
        <a href={`#/jobs/${job.id}`}>{job.name ?? job.title}</a>
        <div className="quiet">model {shortDigest(job.modelId)}</div>
      </td>
      <td>
        <StateBadge state={job.state} />
      </td>
      <td>
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
