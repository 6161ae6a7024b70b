import { metricTitle, SweepState, type SweepItem } from '#contracts';
import { useSweeps, type SweepChoice } from '../api/queries.js';
import { ProblemNotice } from '../components/problem.js';
import { ProgressBar } from '../components/progress-bar.js';
import { Scroll } from '../components/scroll.js';
import { SearchField } from '../components/search-field.js';
import { StateBadge } from '../components/state-badge.js';
import { ago, shortDigest } from '../format.js';
import type { PageProps } from '../route.js';
import { addressOf, replaceAddress } from '../route.js';
import { useTitle } from '../title.js';

/** Sweeps, newest first; filters and the page stand in the address. */
export function SweepsPage({ query }: PageProps) {
  const of = (name: string) => query.get(name) ?? '';
  const choice = { state: of('state'), q: of('q'), cursor: of('cursor') };
  const { data, error, isPending } = useSweeps(choice);
  useTitle(['Sweeps', choice.state, choice.q].filter(Boolean).join(' · '));
  return (
    <>
      <div className="heading">
        <h1>Sweeps</h1>
        <Filters choice={choice} />
      </div>
      <ProblemNotice error={error} />
      {isPending && <p className="quiet">Loading…</p>}
      {data?.items.length === 0 && <NoSweeps choice={choice} />}
      {data && data.items.length > 0 && <SweepTable sweeps={data.items} />}
      {data && (choice.cursor || data.nextCursor) && (
        <nav className="pages" aria-label="Pages of the list">
          {choice.cursor && <a href={addressOf('sweeps', { ...choice, cursor: '' })}>Newest</a>}
          {data.nextCursor && <a href={addressOf('sweeps', { ...choice, cursor: data.nextCursor })}>Older sweeps</a>}
        </nav>
      )}
    </>
  );
}

function Filters({ choice: { state, q } }: { choice: SweepChoice }) {
  return (
    <search className="filters">
      <SearchField
        label="Name"
        value={q}
        placeholder="part of the name"
        onChange={(text) => replaceAddress(addressOf('sweeps', { state, q: text }))}
      />
      <label>
        State{' '}
        <select
          name="state"
          value={state}
          onChange={(event) => replaceAddress(addressOf('sweeps', { state: event.target.value, q }))}
        >
          <option value="">all</option>
          {SweepState.options.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
    </search>
  );
}

function NoSweeps({ choice }: { choice: SweepChoice }) {
  if (Object.values(choice).some(Boolean))
    return (
      <p className="empty">
        No sweeps match. <a href="#/sweeps">Show all</a>
      </p>
    );
  return (
    <p className="empty">
      No sweeps here. <a href="#/new">Begin one</a>: choose “several values” at any option of a recipe.
    </p>
  );
}

function SweepTable({ sweeps }: { sweeps: SweepItem[] }) {
  return (
    <Scroll isCards label="Sweeps">
      <table>
        <thead>
          <tr>
            <th>Sweep</th>
            <th>State</th>
            <th>Trials</th>
            <th className="number">Feasible</th>
            <th>Objectives</th>
            <th>Launched</th>
          </tr>
        </thead>
        <tbody>
          {sweeps.map((sweep) => (
            <SweepRow key={sweep.id} sweep={sweep} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function SweepRow({
  sweep: { id, title, modelId, state, counts, trials, feasible, objectives, createdAt },
}: {
  sweep: SweepItem;
}) {
  const ended = counts.complete + counts.stopped + counts.failed + counts.infeasible;
  const total = trials ?? ended + counts.running;
  return (
    <tr>
      <td className="wide">
        <a href={`#/sweeps/${id}`}>{title}</a>
        <div className="quiet">model {shortDigest(modelId)}</div>
      </td>
      <td>
        <StateBadge state={state} />
      </td>
      <td>
        <div className="quiet">
          {ended}
          {trials === null ? '' : ` of ${trials}`}
          {counts.failed > 0 && `, ${counts.failed} failed`}
        </div>
        <ProgressBar value={total === 0 ? 0 : ended / total} label={`progress of ${title}`} />
      </td>
      <td className="number">{feasible}</td>
      <td>{objectives.map(({ metric }) => metricTitle(metric)).join(', ')}</td>
      <td>{ago(createdAt)}</td>
    </tr>
  );
}
