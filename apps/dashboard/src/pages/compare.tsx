import type { JobItem } from '#contracts';
import { useState } from 'react';
import { useJobs, useModels } from '../api/queries.js';
import { Problem } from '../components/problem.js';
import { TradeOffPlot } from '../components/trade-off-plot.js';
import { shortDigest } from '../format.js';
import { comparable, COSTS, groupOf, jobTitle, QUALITIES, tradeOffs, type Axis, type Point } from '../trade-offs.js';

/** What a sweep is for: the jobs on one model as a plot of quality over cost, and as a table. */
export function ComparePage() {
  const { data, error, isPending } = useJobs('succeeded');
  const models = useModels();
  const [wanted, setWanted] = useState('');
  const groups = comparable(data?.items ?? []);
  const jobs = groups.find(([job]) => job && groupOf(job) === wanted) ?? groups[0];
  const nameOf = (job: JobItem) =>
    `${models.data?.items.find(({ id }) => id === job.modelId)?.name ?? shortDigest(job.modelId)}${job.datasetId ? ` on ${shortDigest(job.datasetId)}` : ''}`;
  return (
    <>
      <div className="heading">
        <h1>Compare</h1>
        {groups.length > 0 && (
          <label>
            Model{' '}
            <select
              name="group"
              value={jobs?.[0] ? groupOf(jobs[0]) : ''}
              onChange={(event) => setWanted(event.target.value)}
            >
              {groups.map((group) => (
                <option key={groupOf(group[0]!)} value={groupOf(group[0]!)}>
                  {nameOf(group[0]!)} ({group.length} {group.length === 1 ? 'job' : 'jobs'})
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <Problem error={error} />
      {isPending && <p className="quiet">Loading…</p>}
      {data && !jobs && (
        <p className="empty">Nothing to compare yet: submit jobs on one model that differ in their options.</p>
      )}
      {jobs && <Comparison jobs={jobs} />}
    </>
  );
}

function Comparison({ jobs }: { jobs: JobItem[] }) {
  const [cost, setCost] = useState(COSTS[0]!);
  const [quality, setQuality] = useState(QUALITIES[0]!);
  const points = tradeOffs(jobs, cost, quality);
  return (
    <>
      <div className="heading">
        <AxisChoice label="Quality" axes={QUALITIES} value={quality} onChange={setQuality} />
        <AxisChoice label="Cost" axes={COSTS} value={cost} onChange={setCost} />
      </div>
      {points.length < 2 ? (
        <p className="empty">
          Nobody measured {quality.title} and {cost.title.toLowerCase()} of these models: end the recipe with the pass
          evaluate.
        </p>
      ) : (
        <TradeOffPlot points={points} cost={cost} quality={quality} />
      )}
      {points.length > 0 && <TradeOffTable points={points} cost={cost} quality={quality} />}
    </>
  );
}

function AxisChoice({
  label,
  axes,
  value,
  onChange,
}: {
  label: string;
  axes: readonly Axis[];
  value: Axis;
  onChange: (axis: Axis) => void;
}) {
  return (
    <label>
      {label}{' '}
      <select
        value={value.title}
        onChange={(event) => onChange(axes.find(({ title }) => title === event.target.value) ?? value)}
      >
        {axes.map(({ title }) => (
          <option key={title}>{title}</option>
        ))}
      </select>
    </label>
  );
}

function TradeOffTable({ points, cost, quality }: { points: Point[]; cost: Axis; quality: Axis }) {
  return (
    <section aria-label="Trade-offs">
      <h2>Trade-offs</h2>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th>Job</th>
              <th className="number">{cost.title}</th>
              <th className="number">{quality.title}</th>
              <th></th>
            </tr>
          </thead>
          <tbody>
            {points.map(({ job, isBest, ...point }, index) => (
              <tr key={job?.id ?? index}>
                <td className="wide">
                  {job ? <a href={`#/jobs/${job.id}`}>{jobTitle(job)}</a> : 'original'}
                  {job && jobTitle(job) !== job.title && <div className="quiet">{job.title}</div>}
                </td>
                <td className="number">{cost.format(point.cost)}</td>
                <td className="number">{quality.format(point.quality)}</td>
                <td>{isBest && <span className="badge passed">best trade-off</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
