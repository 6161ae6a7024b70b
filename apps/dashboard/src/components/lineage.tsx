import { formatBytes, type ModelLineage } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../api/client.js';
import { ago } from '../format.js';
import { ProblemNotice } from './problem.js';

const useLineage = (id: string) =>
  useQuery({
    queryKey: ['model-lineage', id],
    queryFn: ({ signal }) => client.modelLineage({ id }, { signal }),
    staleTime: 0,
  });

/** What a model was made from, and the tree of what was made from it. */
export function Lineage({ id }: { id: string }) {
  const { data, error } = useLineage(id);
  return (
    <section aria-label="Lineage">
      <h2>Lineage</h2>
      <ProblemNotice error={error} />
      {data && (
        <>
          <Parents parents={data.parents} />
          <Children lineage={data} />
        </>
      )}
    </section>
  );
}

function Parents({ parents }: Pick<ModelLineage, 'parents'>) {
  if (parents.length === 0) return <p>It was uploaded: no job that is known came to it.</p>;
  return (
    <ul>
      {parents.map(({ jobId, title, pass, modelId, modelName }) => (
        <li key={modelId}>
          Made from <a href={`#/models/${modelId}`}>{modelName}</a> by {pass} of the job{' '}
          <a href={`#/jobs/${jobId}`}>{title}</a>
        </li>
      ))}
    </ul>
  );
}

function Children({ lineage: { children, isCut } }: { lineage: ModelLineage }) {
  if (children.length === 0) return <p className="quiet">Nothing was made from it yet.</p>;
  return (
    <>
      <ul className="tree">
        {children.map((child) => (
          <Child key={child.digest} child={child} />
        ))}
      </ul>
      {isCut && <p className="warning">More was made from it: these are the newest {children.length}.</p>}
    </>
  );
}

/** One that is stored as a model leads to its own page, and opens for what was made from it. */
function Child({ child }: { child: ModelLineage['children'][number] }) {
  const { jobId, title, sweepId, digest, modelName, bytes, finishedAt } = child;
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      {modelName && (
        <>
          <a href={`#/models/${digest}`}>{modelName}</a>,{' '}
        </>
      )}
      {bytes !== null && `${formatBytes(bytes)}, `}by the job <a href={`#/jobs/${jobId}`}>{title}</a>
      {sweepId && (
        <>
          {' '}
          of <a href={`#/sweeps/${sweepId}`}>a sweep</a>
        </>
      )}{' '}
      <span className="quiet">{ago(finishedAt)}</span>
      {modelName && (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>
            What was made from it<span className="heard">: {modelName}</span>
          </summary>
          {isOpen && <Descendants id={digest} />}
        </details>
      )}
    </li>
  );
}

function Descendants({ id }: { id: string }) {
  const { data, error } = useLineage(id);
  return (
    <>
      <ProblemNotice error={error} />
      {data && <Children lineage={data} />}
    </>
  );
}
