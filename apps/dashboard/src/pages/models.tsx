import { formatBytes, formatCount, type Model } from '#contracts';
import { useModels } from '../api/queries.js';
import { CardList } from '../components/card-list.js';
import { ModelActions } from '../components/model-actions.js';
import { ModelFacts } from '../components/model-facts.js';
import { ProblemNotice } from '../components/problem.js';
import { SearchField } from '../components/search-field.js';
import { ago } from '../format.js';
import type { PageProps } from '../route.js';
import { addressOf, replaceAddress } from '../route.js';
import { useTitle } from '../title.js';

/** Stored models, newest first; one opens for its inputs, operators and what was noticed of it. */
export function ModelsPage({ query }: PageProps) {
  const { data, error, isPending } = useModels();
  const q = query.get('q') ?? '';
  useTitle(['Models', q].filter(Boolean).join(' · '));
  const found = (data?.items ?? []).filter(({ name, id }) => matches(q, name, id));
  return (
    <>
      <div className="heading">
        <h1>Models</h1>
        <search className="filters">
          <SearchField
            label="Name"
            value={q}
            placeholder="name or id"
            onChange={(text) => replaceAddress(addressOf('models', { q: text }))}
          />
        </search>
      </div>
      <ProblemNotice error={error} />
      {isPending && <p className="quiet">Loading…</p>}
      {data && found.length === 0 && (
        <p className="empty">
          {q ? 'No models match. ' : 'No models here. '}
          {q ? <a href="#/models">Show all</a> : <a href="#/new">Upload one with a new job</a>}
        </p>
      )}
      <CardList items={found}>{(model) => <ModelCard key={model.id} model={model} />}</CardList>
      {data?.isCut && (
        <p className="warning">These are the newest {data.items.length} models; older ones are not shown.</p>
      )}
    </>
  );
}

function matches(q: string, name: string, id: string): boolean {
  const sought = q.toLowerCase();
  return name.toLowerCase().includes(sought) || id.startsWith(sought);
}

function ModelCard({ model }: { model: Model }) {
  const { id, name, bytes, inspection, createdAt } = model;
  return (
    <li className="card">
      <div className="heading">
        <h2>
          <a href={`#/models/${id}`}>{name}</a>
        </h2>
        <span>{formatBytes(bytes)}</span>
        <span className="quiet">{formatCount(inspection.parameters)} parameters</span>
        <span className="quiet">{ago(createdAt)}</span>
      </div>
      {inspection.warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
      <details>
        <summary>
          Inputs, operators, id<span className="heard"> of {name}</span>
        </summary>
        <ModelFacts model={model} />
      </details>
      <ModelActions id={id} name={name} />
    </li>
  );
}
