import type { JobItem } from '#contracts';
import type { Axis } from '../axes.js';
import { MOST_PICKED } from '../compare/side-by-side.js';
import { tells, jobTitle, type Point } from '../trade-offs.js';
import type { VaryingOption } from '../varying-options.js';
import { Scroll } from './scroll.js';

interface TableProps {
  points: Point[];
  cost: Axis;
  quality: Axis;
  columns: VaryingOption[];
  /** Jobs that stand side by side, and a way to change which. */
  picked: readonly string[];
  onPick: (ids: readonly string[]) => void;
}

/** The models as rows, with a column for each option in which their recipes differ. */
export function TradeOffTable({ points, cost, quality, columns, picked, onPick }: TableProps) {
  const isTelling = tells(points);
  return (
    <section aria-label="Trade-offs">
      <h2>Trade-offs</h2>
      <p className="quiet">{words(points, cost, quality)}</p>
      <Scroll isCards label="Trade-offs">
        <table>
          <thead>
            <tr>
              <th>
                <span className="heard">Side by side</span>
              </th>
              <th>Job</th>
              <th className="number">{cost.title}</th>
              <th className="number">{quality.title}</th>
              <th>Verdict</th>
              {columns.map(({ title }) => (
                <th key={title}>{title}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {points.map((point) => (
              <Row
                key={point.jobs[0]?.id ?? ''}
                point={point}
                cost={cost}
                quality={quality}
                columns={columns}
                isTelling={isTelling}
                picked={picked}
                onPick={onPick}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

/** How the table is to be read: what is a tie, and when being among the best means nothing. */
function words(points: readonly Point[], cost: Axis, quality: Axis): string {
  const noise = [cost.noise, quality.noise].filter(Boolean).join('; ');
  const ties = noise && `Taken for equal: ${noise}. `;
  const merged = points.some(({ jobs }) => jobs.length > 1) ? 'Jobs that came to the same bytes are one row. ' : '';
  const none =
    !tells(points) && points.filter(({ isOriginal }) => !isOriginal).length > 1
      ? 'No model here beats another: each that costs more is better.'
      : '';
  return `${merged}${ties}${none}`;
}

function Row({
  point: { jobs, isBest, isOriginal, ...point },
  cost,
  quality,
  columns,
  isTelling,
  picked,
  onPick,
}: Omit<TableProps, 'points'> & { point: Point; isTelling: boolean }) {
  const [job] = jobs;
  return (
    <tr>
      <td>{job && !isOriginal && <PickBox job={job} picked={picked} onPick={onPick} />}</td>
      <td className="wide">
        {isOriginal && <div>original</div>}
        {jobs.map((same) => (
          <div key={same.id}>
            <a href={`#/jobs/${same.id}`}>{jobTitle(same)}</a>
          </div>
        ))}
        {jobs.length > 1 && !isOriginal && <div className="quiet">{jobs.length} jobs, one model</div>}
      </td>
      <td className="number">
        {cost.format(point.cost)}
        <Ends values={point.costs} axis={cost} />
      </td>
      <td className="number">
        {quality.format(point.quality)}
        <Ends values={point.qualities} axis={quality} />
      </td>
      <td>{isBest && isTelling && !isOriginal && <span className="badge passed">best trade-off</span>}</td>
      {columns.map(({ title, of }) => (
        <td key={title}>{job ? [...new Set(jobs.map(of))].map((text) => text || '–').join(' · ') : ''}</td>
      ))}
    </tr>
  );
}

function PickBox({ job, picked, onPick }: Pick<TableProps, 'picked' | 'onPick'> & { job: JobItem }) {
  const isPicked = picked.includes(job.id);
  return (
    <input
      type="checkbox"
      aria-label={`${jobTitle(job)} side by side`}
      checked={isPicked}
      disabled={!isPicked && picked.length >= MOST_PICKED}
      onChange={() => onPick(isPicked ? picked.filter((id) => id !== job.id) : [...picked, job.id])}
    />
  );
}

function Ends({ values: [least, most], axis }: { values: readonly [number, number]; axis: Axis }) {
  if (axis.format(least) === axis.format(most)) return null;
  return (
    <div className="quiet">
      {axis.format(least)} – {axis.format(most)}
    </div>
  );
}
