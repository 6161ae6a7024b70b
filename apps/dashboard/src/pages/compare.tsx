import type { JobItem } from '#contracts';
import { chosenAxis, COSTS, QUALITIES, type Axis } from '../axes.js';
import { useDatasets, useModels, useNewestSucceeded, useSucceededJobs } from '../api/queries.js';
import { ProblemNotice } from '../components/problem.js';
import { TradeOffPlot } from '../components/trade-off-plot.js';
import { pickedIn } from '../compare/side-by-side.js';
import { SideBySide } from '../compare/side-by-side-table.js';
import { ViewList } from '../compare/view-list.js';
import { TradeOffTable } from '../components/trade-off-table.js';
import { shortDigest } from '../format.js';
import { addressOf, replaceAddress } from '../route.js';
import { useTitle } from '../title.js';
import { tradeOffs, type Point } from '../trade-offs.js';
import { shortLabels, varyingOptions } from '../varying-options.js';

/** Stands in the address for jobs without a data set. */
const NO_DATA = 'none';
const dataOf = (job: JobItem): string => job.datasetId ?? NO_DATA;

/**
 * The jobs on one model and data set as a plot of quality over cost and as a table, and any jobs and trials side by side.
 * All choices stand in the address.
 */
export function ComparePage({ query }: { query: URLSearchParams }) {
  const newest = useNewestSucceeded();
  const wanted = query.get('model') ?? undefined;
  const model = wanted ?? newest.data?.items[0]?.modelId;
  const { data, error } = useSucceededJobs(model);
  const measured = (data?.items ?? []).filter(({ baseline, final }) => baseline && final);
  const sets = [...new Set(measured.map(dataOf))];
  const chosen = query.get('data') ?? sets[0];
  const jobs = measured.filter((job) => dataOf(job) === chosen);
  useCompareTitle(model);
  const change = (changes: Record<string, string>) =>
    replaceAddress(addressOf('compare', { ...Object.fromEntries(query), ...changes }));
  const picked = pickedIn(query);
  const pick = (ids: readonly string[]) => change({ pick: ids.join(',') });
  return (
    <>
      <div className="heading">
        <h1>Compare</h1>
        {model && <ModelChoice value={model} onChange={(id) => change({ model: id, data: '' })} />}
        {chosen && (sets.length > 1 || !sets.includes(chosen)) && (
          <DataChoice value={chosen} sets={sets} onChange={(id) => change({ data: id })} />
        )}
      </div>
      <ProblemNotice error={error ?? newest.error} />
      {model !== undefined && !data && !error && <p className="quiet">Loading…</p>}
      {(data ?? newest.data) && jobs.length === 0 && (data || !model) && (
        <p className="empty">Nothing to compare yet: submit jobs on one model that differ in their options.</p>
      )}
      {(picked.length > 0 || jobs.length > 0) && <ViewList query={query} />}
      {jobs.length > 0 && <Comparison jobs={jobs} query={query} onChange={change} picked={picked} onPick={pick} />}
      {data?.isCut && (
        <p className="warning">
          These are the newest {data.items.length} jobs on this model; older ones are not compared.
        </p>
      )}
      {(picked.length > 0 || jobs.length > 0) && (
        <SideBySide picked={picked} pinned={query.get('pin') ?? ''} onPick={pick} onPin={(pin) => change({ pin })} />
      )}
    </>
  );
}

function useCompareTitle(model: string | undefined): void {
  const name = useModels().data?.items.find(({ id }) => id === model)?.name;
  useTitle(name === undefined ? 'Compare' : `Compare · ${name}`);
}

function ModelChoice({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { data } = useModels();
  const models = data?.items ?? [];
  return (
    <label>
      Model{' '}
      <select name="model" value={value} onChange={(event) => onChange(event.target.value)}>
        {!models.some(({ id }) => id === value) && <option value={value}>{shortDigest(value)}</option>}
        {models.map(({ id, name }) => (
          <option key={id} value={id}>
            {name} ({shortDigest(id)})
          </option>
        ))}
      </select>
    </label>
  );
}

function DataChoice({ value, sets, onChange }: { value: string; sets: string[]; onChange: (id: string) => void }) {
  const { data } = useDatasets();
  const nameFrom = (set: string) => data?.items.find(({ id }) => id === set)?.name ?? '';
  const nameOf = (set: string) => (set === NO_DATA ? 'none' : `${nameFrom(set)} (${shortDigest(set)})`);
  return (
    <label>
      Data set{' '}
      <select name="data" value={value} onChange={(event) => onChange(event.target.value)}>
        {[...new Set([...sets, value])].map((set) => (
          <option key={set} value={set}>
            {nameOf(set)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Comparison({
  jobs,
  query,
  onChange,
  picked,
  onPick,
}: {
  jobs: JobItem[];
  picked: readonly string[];
  onPick: (ids: readonly string[]) => void;
  query: URLSearchParams;
  onChange: (changes: Record<string, string>) => void;
}) {
  const isMeasured = ({ final, baseline }: JobItem, axis: Axis) =>
    final && baseline && axis.value(final, baseline) !== undefined;
  const has = (axis: Axis) => jobs.some((job) => isMeasured(job, axis));
  const cost = chosenAxis(COSTS, query.get('x'), has);
  const quality = chosenAxis(QUALITIES, query.get('y'), has);
  const points = tradeOffs(jobs, cost, quality);
  const compared = points.flatMap((point) => point.jobs);
  const columns = varyingOptions(compared);
  const labels = shortLabels(compared, columns);
  const labelOf = ({ isOriginal, jobs: [job] }: Point) => (job && !isOriginal ? labels(job) : 'original');
  const unmeasured = jobs.length - compared.length;
  return (
    <>
      <div className="heading">
        <AxisChoice label="Quality" axes={QUALITIES} value={quality} onChange={(y) => onChange({ y })} />
        <AxisChoice label="Cost" axes={COSTS} value={cost} onChange={(x) => onChange({ x })} />
      </div>
      {points.length < 2 ? (
        <p className="empty">
          Nobody measured {quality.title} and {cost.title.toLowerCase()} of these models: end the recipe with the pass
          evaluate.
        </p>
      ) : (
        <TradeOffPlot points={points} cost={cost} quality={quality} labelOf={labelOf} />
      )}
      {points.length > 0 && <TradeOffTable {...{ points, cost, quality, columns, picked, onPick }} />}
      {unmeasured > 0 && (
        <p className="quiet">
          Left out, as nobody measured both figures: {unmeasured} of {jobs.length} jobs.
        </p>
      )}
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
  onChange: (id: string) => void;
}) {
  return (
    <label>
      {label}{' '}
      <select value={value.id} onChange={(event) => onChange(event.target.value)}>
        {axes.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}
