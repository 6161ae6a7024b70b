import { formatBytes } from '#contracts';
import { useDevices, useModel } from '../api/queries.js';
import { Lineage } from '../components/lineage.js';
import { ModelActions } from '../components/model-actions.js';
import { ModelFacts } from '../components/model-facts.js';
import { ProblemNotice } from '../components/problem.js';
import { ago } from '../format.js';
import { OneModelGraph } from '../model-graph/one-model-graph.js';
import { addressOf, replaceAddress, type PageProps } from '../route.js';
import { useTitle } from '../title.js';
import { NotFoundPage } from './not-found.js';

const DIGEST = /^[0-9a-f]{64}$/i;

/** One stored model: what its file tells, and its layers. */
export function ModelPage({ id, query }: PageProps) {
  if (!DIGEST.test(id))
    return (
      <NotFoundPage title="No such model">
        “{id}” is not the id of a model: an id is a SHA-256 of 64 characters, as in the list of models.
      </NotFoundPage>
    );
  return <StoredModel id={id} query={query} />;
}

function StoredModel({ id, query }: PageProps) {
  const { data, error } = useModel(id);
  useTitle(data?.name ?? 'Model');
  if (error) return <ProblemNotice error={error} />;
  if (!data) return <p className="quiet">Loading…</p>;
  return (
    <>
      <div className="heading">
        <h1>{data.name}</h1>
        <span>{formatBytes(data.bytes)}</span>
        <span className="quiet">{ago(data.createdAt)}</span>
      </div>
      {data.inspection.warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
      <ModelFacts model={data} />
      <ModelActions
        id={id}
        name={data.name}
        onRemoved={() => {
          location.hash = '#/models';
        }}
      />
      <Lineage id={id} />
      <Histories id={id} />
      <section aria-label="Layers">
        <h2>Layers</h2>
        <OneModelGraph
          id={id}
          view={query.get('graph')}
          onView={(graph) => replaceAddress(addressOf(`models/${id}`, { graph }))}
        />
      </section>
    </>
  );
}

/** The ways to what each device measured of the model. */
function Histories({ id }: { id: string }) {
  const { data } = useDevices({ isLive: false });
  if (!data || data.items.length === 0) return null;
  return (
    <section aria-label="On devices">
      <h2>On devices</h2>
      <p>
        What was measured of it on{' '}
        {data.items.map((device, index) => (
          <span key={device.id}>
            {index > 0 && ', '}
            <a href={addressOf(`devices/${device.id}`, { model: id })}>{device.name}</a>
          </span>
        ))}
      </p>
    </section>
  );
}
