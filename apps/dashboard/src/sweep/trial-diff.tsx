import { figureText, metricTitle, valueText, type MetricName, type ListedTrial } from '#contracts';
import { Scroll } from '../components/scroll.js';
import { addressOf } from '../route.js';
import { PromoteButton } from './promote-button.js';

interface TrialDiffProps {
  sweepId: string;
  trials: readonly ListedTrial[];
  parameters: readonly string[];
  metrics: readonly MetricName[];
  onRemove: (number: number) => void;
  onPromoted: () => void;
}

/** Chosen trials side by side; what is the same in all is left out. */
export function TrialDiff({ sweepId, trials, parameters, metrics, onRemove, onPromoted }: TrialDiffProps) {
  if (trials.length === 0)
    return (
      <p className="quiet">
        Click a model of the plot, or choose up to eight trials in the table, to see them side by side.
      </p>
    );
  const rows = [
    ...parameters.map((name) => ({ title: name, cells: trials.map(({ assignment }) => valueText(assignment[name])) })),
    ...metrics.map((name) => ({ title: metricTitle(name), cells: trials.map((trial) => figureText(trial, name)) })),
  ];
  const differing = trials.length === 1 ? rows : rows.filter(({ cells }) => new Set(cells).size > 1);
  const hidden = rows.length - differing.length;
  return (
    <section aria-label="Chosen trials">
      <Scroll label="Chosen trials side by side">
        <table>
          <thead>
            <tr>
              <th>
                <span className="heard">Figure</span>
              </th>
              {trials.map(({ number, jobId, promotedAs }) => (
                <th key={number}>
                  <a href={`#/jobs/${jobId}`}>Trial {number}</a>
                  {promotedAs && <div className="quiet">{promotedAs}</div>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {differing.map(({ title, cells }) => (
              <tr key={title}>
                <th scope="row">{title}</th>
                {cells.map((cell, index) => (
                  <td key={index}>{cell}</td>
                ))}
              </tr>
            ))}
            <tr>
              <th scope="row">
                <span className="heard">Action</span>
              </th>
              {trials.map((trial) => (
                <td key={trial.number} className="acts">
                  {trial.jobId && (
                    <a href={addressOf('new', { job: trial.jobId })}>
                      Clone<span className="heard"> trial {trial.number} as a job</span>
                    </a>
                  )}{' '}
                  <PromoteButton sweepId={sweepId} trial={trial} onPromoted={onPromoted} />{' '}
                  <button
                    type="button"
                    className="quiet"
                    aria-label={`Leave trial ${trial.number} out`}
                    onClick={() => onRemove(trial.number)}
                  >
                    ×
                  </button>
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </Scroll>
      {trials.some(({ jobId }) => jobId) && (
        <p>
          <a href={addressOf('compare', { pick: trials.flatMap(({ jobId }) => jobId ?? []).join(',') })}>
            Compare them with other jobs
          </a>
        </p>
      )}
      {hidden > 0 && <p className="quiet">The same in all, and left out: {hidden} rows.</p>}
    </section>
  );
}
