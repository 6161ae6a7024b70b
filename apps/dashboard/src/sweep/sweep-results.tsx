import {
  asMetric,
  counted,
  foresightText,
  hasEnded,
  METRIC_NAMES,
  metricTitle,
  type MetricName,
  type Sweep,
  type ListedTrial,
} from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { client } from '../api/client.js';
import { ProblemNotice } from '../components/problem.js';
import { useChosen } from '../use-chosen.js';
import { addressOf } from '../route.js';
import { bestTrials } from './best-trials.js';
import { BoundSliders } from './bound-sliders.js';
import { BrushList } from './brush-list.js';
import {
  boundChange,
  brushChange,
  choicesOf,
  MOST_SELECTED,
  SHOWN_COLUMNS,
  selectedChange,
  type BrushedRange,
  type SweepChoices,
} from './choices.js';
import { FrontPlot } from './front-plot.js';
import { Hypervolume } from './hypervolume.js';
import { ParameterImportance } from './importance.js';
import { axisOfFigure, axisOfParameter, brushFilter } from './parameter-axis.js';
import { ParallelPlot } from './parallel-plot.js';
import { boundFilter, measuredMetrics, modelPoints } from './points.js';
import { TrialDiff } from './trial-diff.js';
import { TrialTimeline } from './trial-timeline.js';
import { TrialTable } from './trial-table.js';

const READ_AGAIN_MS = 5000;
/** Figures of a model file that follow from each other are one column. */
const HIDDEN: readonly MetricName[] = ['parameters', 'formatBits'];

interface ResultsProps {
  sweep: Sweep;
  trials: readonly ListedTrial[];
  query: URLSearchParams;
  onChanged: () => void;
}

/**
 * What the sweep found: the front, the parameters, what decides, and every trial. What is chosen stands in the address.
 */
export function SweepResultsView({ sweep, trials, query, onChanged }: ResultsProps) {
  const { chosen, change, changeSoon } = useChosen(`sweeps/${sweep.id}`, query);
  const choices = useMemo(() => choicesOf(chosen, sweep.objectives), [chosen, sweep.objectives]);
  const { axes, metrics, measured, complete, points, front, listed } = useFindings(sweep, trials, choices);
  const { selected } = choices;
  const select = useCallback(
    (number: number) => {
      const next = selected.includes(number) ? selected.filter((each) => each !== number) : [...selected, number];
      change(selectedChange(next.slice(-MOST_SELECTED)));
    },
    [selected, change],
  );
  const sort = useCallback((column: string) => change({ sort: column }), [change]);
  const brush = useCallback(
    (name: string, interval: BrushedRange | null) => change(brushChange(name, interval)),
    [change],
  );
  const bound = useCallback(
    (metric: MetricName, value: number | null) => changeSoon(boundChange(metric, value)),
    [changeSoon],
  );
  const objectives = useMemo(() => sweep.objectives.map(({ metric }) => metric), [sweep.objectives]);
  const parameters = useMemo(() => sweep.forecast.parameters.map(({ name }) => name), [sweep.forecast.parameters]);
  return (
    <>
      <section aria-label="Front">
        <div className="heading">
          <h2>Front</h2>
          <AxisChoice label="Y axis" metrics={metrics} value={choices.y} onChange={(y) => change({ y })} />
          <AxisChoice label="X axis" metrics={metrics} value={choices.x} onChange={(x) => change({ x })} />
        </div>
        {points.length === 0 ? (
          <p className="empty">
            {complete.length === 0
              ? 'No trial has ended yet.'
              : 'No complete trial within these limits has both figures: widen them, or choose other axes.'}
          </p>
        ) : (
          <FrontPlot points={points} x={choices.x} y={choices.y} selected={selected} onSelect={select} />
        )}
        <CloneBest sweep={sweep} trials={complete} />
        <BoundSliders trials={complete} metrics={measured} bounds={choices.bounds} onChange={bound} />
        <TrialDiff
          sweepId={sweep.id}
          trials={selected.flatMap((number) => trials.find((trial) => trial.number === number) ?? [])}
          parameters={parameters}
          metrics={metrics}
          onRemove={select}
          onPromoted={onChanged}
        />
      </section>
      <section aria-label="Parameters">
        <h2>Parameters</h2>
        <ParallelPlot trials={complete} axes={axes} brushes={choices.brushes} front={front} onBrush={brush} />
        <details>
          <summary>Keep only some values</summary>
          <BrushList axes={axes} brushes={choices.brushes} onBrush={brush} />
        </details>
      </section>
      <Insight sweep={sweep} ended={complete.length} />
      <TrialTimeline trials={trials} />
      <section aria-label="All trials">
        <h2>
          {listed.length === trials.length
            ? counted(trials.length, 'trial')
            : `${listed.length} of ${counted(trials.length, 'trial')}`}
        </h2>
        <ColumnChoice value={choices.columns} onChange={(columns) => change({ columns })} />
        <TrialTable
          trials={listed}
          parameters={parameters}
          metrics={metrics}
          objectives={objectives}
          front={front}
          sort={choices.sort}
          selected={selected}
          columns={choices.columns}
          onSort={sort}
          onSelect={select}
        />
      </section>
    </>
  );
}

/** Where the screen is narrow, the table has some of its columns at a time. */
function ColumnChoice({ value, onChange }: { value: string; onChange: (columns: string) => void }) {
  return (
    <label className="narrow">
      Columns{' '}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {SHOWN_COLUMNS.map((kind) => (
          <option key={kind}>{kind}</option>
        ))}
      </select>
    </label>
  );
}

/** What follows from the trials and the choices; many trials are gone through once for each change of them. */
function useFindings(sweep: Sweep, trials: readonly ListedTrial[], choices: SweepChoices) {
  const { objectives, forecast } = sweep;
  const seen = useMemo(() => {
    const complete = trials.filter(({ state }) => state === 'complete');
    const figures = objectives.flatMap(({ metric }) => axisOfFigure(metric, complete));
    const axes = [...forecast.parameters.map(axisOfParameter), ...figures];
    return { axes, complete, names: measuredMetrics({ objectives }, trials).join(' ') };
  }, [objectives, forecast.parameters, trials]);
  // The same list as long as the same was measured, so that rows of trials that did not change are left as they are.
  const known = useMemo(() => {
    const measured = seen.names.split(' ').flatMap((name) => asMetric(name) ?? []);
    return { measured, metrics: measured.filter((name) => !HIDDEN.includes(name)) };
  }, [seen.names]);
  const { x, y, bounds, brushes } = choices;
  const found = useMemo(() => {
    const isWithin = boundFilter(bounds);
    const brushed = trials.filter(brushFilter(seen.axes, brushes));
    const points = modelPoints({ objectives }, brushed, { x, y }, bounds);
    const front = new Set<number>();
    for (const { isOnFront, numbers } of points) if (isOnFront) for (const number of numbers) front.add(number);
    return { points, front, listed: brushed.filter((trial) => trial.state !== 'complete' || isWithin(trial)) };
  }, [objectives, trials, seen.axes, x, y, bounds, brushes]);
  return { ...seen, ...known, ...found };
}

/** The recipe of the best trial as the draft of a job. */
function CloneBest({ sweep, trials }: { sweep: Sweep; trials: readonly ListedTrial[] }) {
  const best = useMemo(() => bestTrials(sweep, trials), [sweep, trials]);
  if (best.length === 0) return null;
  return (
    <p className="filters">
      Clone the best:
      {best.map(({ trial: { number, jobId }, titles }) => (
        <a key={number} href={addressOf('new', { job: jobId })}>
          by {titles.join(' and ')}, trial {number}
        </a>
      ))}
    </p>
  );
}

function AxisChoice({
  label,
  metrics,
  value,
  onChange,
}: {
  label: string;
  metrics: readonly MetricName[];
  value: string;
  onChange: (metric: string) => void;
}) {
  const names = METRIC_NAMES.filter((name) => metrics.includes(name) || name === value);
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {names.map((name) => (
          <option key={name} value={name}>
            {metricTitle(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What the server computes from all trials; read again while the sweep runs. */
function Insight({ sweep, ended }: { sweep: Sweep; ended: number }) {
  const { data, error } = useQuery({
    queryKey: ['sweep-results', sweep.id, hasEnded(sweep.state) ? ended : 'running'],
    queryFn: ({ signal }) => client.sweepResults({ id: sweep.id }, { signal }),
    refetchInterval: hasEnded(sweep.state) ? false : READ_AGAIN_MS,
  });
  return (
    <div className="pair-of-charts">
      <section aria-label="Importance">
        <h2>What decides</h2>
        <ProblemNotice error={error} />
        {data && <ParameterImportance importance={data.importance} />}
        {data?.model && <p className="quiet">Model of the space: {foresightText(data) || 'no trial yet'}</p>}
      </section>
      <section aria-label="Hypervolume">
        <h2>Hypervolume</h2>
        {data && <Hypervolume hypervolume={data.hypervolume} />}
      </section>
    </div>
  );
}
