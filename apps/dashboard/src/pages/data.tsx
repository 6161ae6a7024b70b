import { formatBytes, type DatasetRecord } from '#contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { useDatasets } from '../api/queries.js';
import { CardList } from '../components/card-list.js';
import { ConfirmButton } from '../components/confirm-button.js';
import { Facts } from '../components/facts.js';
import { ProblemNotice } from '../components/problem.js';
import { SearchField } from '../components/search-field.js';
import { SampleBrowser } from '../data/sample-browser.js';
import { ago, shortDigest } from '../format.js';
import type { PageProps } from '../route.js';
import { addressOf, replaceAddress } from '../route.js';
import { useTitle } from '../title.js';

/** Stored data sets, newest first; one opens for its preprocessing and files. */
export function DataPage({ query }: PageProps) {
  const { data, error, isPending } = useDatasets();
  const q = query.get('q') ?? '';
  useTitle(['Data', q].filter(Boolean).join(' · '));
  const sought = q.toLowerCase();
  const found = (data?.items ?? []).filter(({ name }) => name.toLowerCase().includes(sought));
  return (
    <>
      <div className="heading">
        <h1>Data sets</h1>
        <search className="filters">
          <SearchField
            label="Name"
            value={q}
            placeholder="name"
            onChange={(text) => replaceAddress(addressOf('data', { q: text }))}
          />
        </search>
      </div>
      <ProblemNotice error={error} />
      {isPending && <p className="quiet">Loading…</p>}
      {data && found.length === 0 && (
        <p className="empty">
          {q ? 'No data sets match. ' : 'No data sets here. '}
          {q ? <a href="#/data">Show all</a> : <a href="#/new">Upload one with a new job</a>}
        </p>
      )}
      <CardList items={found} least={1 + found.findIndex(({ id }) => id === query.get('samples'))}>
        {(dataset) => <DatasetCard key={dataset.id} dataset={dataset} query={query} />}
      </CardList>
      {data?.isCut && (
        <p className="warning">These are the newest {data.items.length} data sets; older ones are not shown.</p>
      )}
    </>
  );
}

function DatasetCard({ dataset, query }: { dataset: DatasetRecord; query: URLSearchParams }) {
  const { name, bytes, inspection, createdAt } = dataset;
  const samples = Object.entries(inspection.splits).map(([split, count]) => `${split} ${count.toLocaleString('en')}`);
  return (
    <li className="card">
      <div className="heading">
        <h2>{name}</h2>
        <span>{formatBytes(bytes)}</span>
        <span className="quiet">{samples.join(', ')}</span>
        <span className="quiet">{ago(createdAt)}</span>
      </div>
      {(inspection.warnings ?? []).map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
      <details>
        <summary>
          Inputs, labels, files<span className="heard"> of {name}</span>
        </summary>
        <DatasetFacts dataset={dataset} />
      </details>
      <Samples dataset={dataset} query={query} />
      <DatasetActions id={dataset.id} name={name} />
    </li>
  );
}

/** Whose samples are open stands in the address, as what is chosen of them. */
function Samples({ dataset, query }: { dataset: DatasetRecord; query: URLSearchParams }) {
  const { id, name } = dataset;
  const isOpen = query.get('samples') === id;
  const q = query.get('q');
  return (
    <details
      open={isOpen}
      onToggle={({ target, currentTarget }) => {
        if (target !== currentTarget || currentTarget.open === isOpen) return;
        replaceAddress(addressOf('data', { q, samples: currentTarget.open ? id : '' }));
      }}
    >
      <summary>
        Samples<span className="heard"> of {name}</span>
      </summary>
      {isOpen && (
        <SampleBrowser
          dataset={dataset}
          query={query}
          onChange={(choice) => replaceAddress(addressOf('data', { q, samples: id, ...choice }))}
        />
      )}
    </details>
  );
}

function DatasetFacts({ dataset: { id, manifest, inspection } }: { dataset: DatasetRecord }) {
  const inputs = Object.entries(inspection.inputs).map(([name, { type, dims }]) => {
    const steps = (manifest.inputs[name] ?? manifest.inputs['*'])?.preprocess.map(({ op }) => op) ?? [];
    return `${name}: ${type}[${dims.join(', ')}]${steps.length > 0 ? ` after ${steps.join(', ')}` : ''}`;
  });
  return (
    <Facts
      facts={[
        ['Inputs', `${inputs.join('; ')} (of a sample)`],
        ['Labels', labelText(inspection)],
        ['Files', [...new Set(Object.values(manifest.splits).map(({ file }) => file))].join(', ')],
        ['Id', <code key="id">{id}</code>],
      ]}
    />
  );
}

function labelText({ classes, targets }: DatasetRecord['inspection']): string {
  if (classes !== null) return `${classes} classes`;
  return targets === undefined ? 'none' : `numbers of shape [${targets.join(', ')}]`;
}

function DatasetActions({ id, name }: { id: string; name: string }) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => client.deleteDataset({ id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['datasets'] }),
  });
  const what = `${name} ${shortDigest(id)}`;
  return (
    <div className="actions">
      <ProblemNotice error={remove.error} />
      <a href={addressOf('new', { dataset: id })}>
        New job<span className="heard"> with {what}</span>
      </a>
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
