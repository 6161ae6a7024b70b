import { figureText, metricTitle, trialRemark, valueText, type MetricName, type ListedTrial } from '#contracts';
import { memo, useMemo, useState, type UIEvent } from 'react';
import { StateBadge } from '../components/state-badge.js';
import { MOST_SELECTED, type ShownColumns } from './choices.js';
import { sortedBy } from './sorted-trials.js';

/** Height of a row, px; all have the same, so that those that are not seen need not be there. */
const ROW = 38;
const SHOWN_ROWS = 14;
/** Rows that are kept above and below those that are seen. */
const SPARE = 8;
/** By so many rows the kept ones change: not for each that is scrolled past. */
const STRIDE = 4;

interface TrialTableProps {
  trials: readonly ListedTrial[];
  /** Parameters that differ, a column each. */
  parameters: readonly string[];
  metrics: readonly MetricName[];
  /** Figures that are wanted, which are seen where there is room for few. */
  objectives: readonly string[];
  front: ReadonlySet<number>;
  sort: string;
  selected: readonly number[];
  onSort: (column: string) => void;
  onSelect: (number: number) => void;
  /** Of which kind columns are seen where the screen is narrow. */
  columns: ShownColumns;
}

/**
 * Trials with a column for each parameter and figure; only the rows in sight are in the page, however many there are.
 */
export const TrialTable = memo(function TrialTable(props: TrialTableProps) {
  const { trials, parameters, metrics, objectives, front, sort, selected, columns, onSort, onSelect } = props;
  const [seen, setSeen] = useState(0);
  const sorted = useMemo(() => sortedBy(trials, sort), [trials, sort]);
  const first = Math.max(0, seen - SPARE);
  const shown = sorted.slice(first, first + SHOWN_ROWS + STRIDE + 2 * SPARE);
  const heads = [
    { id: 'number', title: 'Trial', kind: undefined },
    { id: 'state', title: 'State', kind: undefined },
    ...parameters.map((name) => ({ id: `p.${name}`, title: name, kind: 'of-option' })),
    ...metrics.map((name) => ({ id: `m.${name}`, title: metricTitle(name), kind: kindOf(name, objectives) })),
  ];
  return (
    <div
      className="scroll rows"
      data-shown={columns}
      role="group"
      aria-label="Trials"
      tabIndex={0}
      style={{ maxHeight: ROW * (SHOWN_ROWS + 1) }}
      onScroll={(event: UIEvent<HTMLDivElement>) => setSeen(stridden(event.currentTarget.scrollTop))}
    >
      <table aria-rowcount={sorted.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th>
              <span className="heard">Compare</span>
            </th>
            {heads.map(({ id, title, kind }) => (
              <th key={id} className={kind} aria-sort={ariaSort(sort, id)}>
                <button type="button" className="link" onClick={() => onSort(sort === id ? `-${id}` : id)}>
                  {title}
                  {sort === id ? ' ↑' : sort === `-${id}` ? ' ↓' : ''}
                </button>
              </th>
            ))}
            <th className="of-option">Remark</th>
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr aria-hidden="true" style={{ height: first * ROW }} />}
          {shown.map((trial, index) => (
            <TrialRow
              key={trial.number}
              trial={trial}
              place={first + index}
              parameters={parameters}
              metrics={metrics}
              objectives={objectives}
              isOnFront={front.has(trial.number)}
              isSelected={selected.includes(trial.number)}
              isFull={selected.length >= MOST_SELECTED}
              onSelect={onSelect}
            />
          ))}
          {first + shown.length < sorted.length && (
            <tr aria-hidden="true" style={{ height: (sorted.length - first - shown.length) * ROW }} />
          )}
        </tbody>
      </table>
    </div>
  );
});

const kindOf = (metric: string, objectives: readonly string[]): string =>
  objectives.includes(metric) ? 'of-objective' : 'of-figure';

const stridden = (scrollTop: number): number => STRIDE * Math.floor(scrollTop / ROW / STRIDE);

interface TrialRowProps extends Pick<TrialTableProps, 'parameters' | 'metrics' | 'objectives' | 'onSelect'> {
  trial: ListedTrial;
  /** Its place in the order of the table. */
  place: number;
  isOnFront: boolean;
  isSelected: boolean;
  /** Whether no more are compared. */
  isFull: boolean;
}

const TrialRow = memo(function TrialRow(props: TrialRowProps) {
  const { trial, place, parameters, metrics, objectives, isOnFront, isSelected, isFull, onSelect } = props;
  const { number, jobId } = trial;
  return (
    <tr aria-rowindex={place + 2} className={isOnFront ? 'front' : ''}>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare trial ${number}`}
          checked={isSelected}
          disabled={!isSelected && isFull}
          onChange={() => onSelect(number)}
        />
      </td>
      <td className="number">{jobId ? <a href={`#/jobs/${jobId}`}>{number}</a> : number}</td>
      <td>
        <StateBadge state={isOnFront ? 'front' : trial.state} />
      </td>
      {parameters.map((name) => (
        <td key={name} className="of-option">
          {valueText(trial.assignment[name])}
        </td>
      ))}
      {metrics.map((name) => (
        <td key={name} className={`number ${kindOf(name, objectives)}`}>
          {figureText(trial, name)}
        </td>
      ))}
      <td className="remark of-option">{trialRemark(trial)}</td>
    </tr>
  );
});

function ariaSort(sort: string, id: string): 'ascending' | 'descending' | undefined {
  return sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : undefined;
}
