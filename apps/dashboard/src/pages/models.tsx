import { formatBytes, formatCount, type Model, type ValueSummary } from '#contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { saveBytes } from '../api/download.js';
import { useModels } from '../api/queries.js';
import { ConfirmButton } from '../components/confirm-button.js';
import { Facts } from '../components/facts.js';
import { ProblemNotice } from '../components/problem.js';
import { SearchField } from '../components/search-field.js';
import { ago, fileNameOf, shortDigest } from '../format.js';
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
      <ul className="plain cards">
        {found.map((model) => (
          <ModelCard key={model.id} model={model} />
        ))}
      </ul>
      {data?.isCut && (
        <p className="warning">These are the newest {data.items.length} models; older ones are not shown.</p>
      )}
    </>
  );
}

const matches = (q: string, name: string, id: string): boolean =>
  name.toLowerCase().includes(q.toLowerCase()) || id.startsWith(q.toLowerCase());

function ModelCard({ model }: { model: Model }) {
  const { id, name, bytes, inspection, createdAt } = model;
  return (
    <li className="card">
      <div className="heading">
        <h2>{name}</h2>
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

function ModelFacts({ model: { id, inspection } }: { model: Model }) {
  const operators = Object.entries(inspection.ops).sort(([, a], [, b]) => b - a);
  return (
    <Facts
      facts={[
        ['Inputs', inspection.inputs.map(valueText).join('; ')],
        ['Outputs', inspection.outputs.map(valueText).join('; ')],
        [
          'Opset',
          `${inspection.opset} (IR ${inspection.irVersion}, by ${inspection.producer || 'an unknown producer'})`,
        ],
        ['MACs', inspection.macs === null ? 'unknown: the inputs have no fixed shape' : formatCount(inspection.macs)],
        ['Non-zeros', `${formatCount(inspection.nonZeros)} of ${formatCount(inspection.parameters)} parameters`],
        ['Operators', operators.map(([name, count]) => `${name} ${count}`).join(', ')],
        ['SHA-256', <code key="id">{id}</code>],
      ]}
    />
  );
}

const valueText = ({ name, type, dims }: ValueSummary): string =>
  `${name}: ${type}${dims ? `[${dims.join(', ')}]` : ''}`;

function ModelActions({ id, name }: { id: string; name: string }) {
  const queries = useQueryClient();
  const save = useMutation({ mutationFn: () => saveBytes(client.modelContent({ id }), fileNameOf(name)) });
  const remove = useMutation({
    mutationFn: () => client.deleteModel({ id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['models'] }),
  });
  const what = `${name} ${shortDigest(id)}`;
  return (
    <div className="actions">
      <ProblemNotice error={save.error ?? remove.error} />
      <a href={addressOf('new', { model: id })}>
        New job<span className="heard"> on {what}</span>
      </a>
      <a href={addressOf('jobs', { model: id })}>
        Jobs<span className="heard"> on {what}</span>
      </a>
      <button
        type="button"
        className="quiet"
        disabled={save.isPending}
        aria-label={`Download ${what}`}
        onClick={() => save.mutate()}
      >
        Download
      </button>
      <ConfirmButton
        word="Delete"
        subject={what}
        question={`${name} leaves the store. Jobs that refer to it keep it.`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </div>
  );
}
