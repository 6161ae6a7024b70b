import { hasEnded, METRIC_NAMES, metricTitle, type MetricName, type Sweep, type Trial } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { client } from '../api/client.js';
import { ProblemNotice } from '../components/problem.js';
import { useChosen } from '../use-chosen.js';
import { BoundSliders } from './bound-sliders.js';
import { BrushList } from './brush-list.js';
import {
  boundChange,
  brushChange,
  choicesOf,
  MOST_SELECTED,
  selectedChange,
  type Interval,
  type SweepChoices,
} from './choices.js';
import { FrontPlot } from './front-plot.js';
import { Hypervolume } from './hypervolume.js';
import { Importance } from './importance.js';
import { axisOfFigure, axisOfParameter, isBrushed } from './parameter-axis.js';
import { ParallelPlot } from './parallel-plot.js';
import { isWithin, measuredMetrics, modelPoints } from './points.js';
import { TrialDiff } from './trial-diff.js';
import { TrialTable } from './trial-table.js';

const READ_AGAIN_MS = 5000;
/** Figures of a model file that follow from each other are one column. */
const HIDDEN: readonly MetricName[] = ['parameters', 'formatBits'];

interface ResultsProps {
  sweep: Sweep;
  trials: readonly Trial[];
  query: URLSearchParams;
  onChanged: () => void;
}

/** What the sweep found: the front, the parameters, what decides, and every trial. What is chosen stands in the address. */
export function SweepResultsView({ sweep, trials, query, onChanged }: ResultsProps) {
  const { chosen, change, changeSoon } = useChosen(`sweeps/${sweep.id}`, query);
  const choices = useMemo(() => choicesOf(chosen, sweep.objectives), [chosen, sweep.objectives]);
  const { axes, metrics, complete, points, front, listed } = useFindings(sweep, trials, choices);
  const select = (number: number) => {
    const { selected } = choices;
    const next = selected.includes(number) ? selected.filter((each) => each !== number) : [...selected, number];
    change(selectedChange(next.slice(-MOST_SELECTED)));
  };
  const brush = (name: string, interval: Interval | null) => change(brushChange(name, interval));
  const parameters = sweep.forecast.parameters.map(({ name }) => name);
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
          <FrontPlot points={points} x={choices.x} y={choices.y} selected={choices.selected} onSelect={select} />
        )}
        <BoundSliders
          trials={complete}
          objectives={sweep.objectives}
          bounds={choices.bounds}
          onChange={(metric, value) => changeSoon(boundChange(metric, value))}
        />
        <TrialDiff
          sweepId={sweep.id}
          trials={choices.selected.flatMap((number) => trials.filter((trial) => trial.number === number))}
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
      <section aria-label="All trials">
        <h2>
          {listed.length === trials.length ? `${trials.length} trials` : `${listed.length} of ${trials.length} trials`}
        </h2>
        <TrialTable
          trials={listed}
          parameters={parameters}
          metrics={metrics}
          front={front}
          sort={choices.sort}
          selected={choices.selected}
          onSort={(sort) => change({ sort })}
          onSelect={select}
        />
      </section>
    </>
  );
}

/** What follows from the trials and the choices; many trials are gone through once for each change of them. */
function useFindings(sweep: Sweep, trials: readonly Trial[], choices: SweepChoices) {
  const { objectives, forecast } = sweep;
  const seen = useMemo(() => {
    const figures = objectives.flatMap(({ metric }) => axisOfFigure(metric, trials));
    return {
      axes: [...forecast.parameters.map(axisOfParameter), ...figures],
      metrics: measuredMetrics({ objectives }, trials).filter((name) => !HIDDEN.includes(name)),
      complete: trials.filter(({ state }) => state === 'complete'),
    };
  }, [objectives, forecast.parameters, trials]);
  return useMemo(() => {
    const brushed = trials.filter((trial) => isBrushed(trial, seen.axes, choices.brushes));
    const points = modelPoints({ objectives }, brushed, choices, choices.bounds);
    const front = new Set(points.filter(({ isOnFront }) => isOnFront).flatMap(({ numbers }) => numbers));
    const listed = brushed.filter((trial) => trial.state !== 'complete' || isWithin(trial, choices.bounds));
    return { ...seen, points, front, listed };
  }, [objectives, trials, seen, choices]);
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
        {data && <Importance importance={data.importance} />}
      </section>
      <section aria-label="Hypervolume">
        <h2>Hypervolume</h2>
        {data && <Hypervolume hypervolume={data.hypervolume} />}
      </section>
    </div>
  );
}
