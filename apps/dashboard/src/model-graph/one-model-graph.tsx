import { drawModel } from '#model-graph';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { client } from '../api/client.js';
import { ProblemNotice } from '../components/problem.js';
import { ModelGraph, type ColourProps } from './model-graph.js';

/** A stored model, layer by layer. */
export function OneModelGraph({ id, view, onView }: ColourProps & { id: string }) {
  const { data, error } = useQuery({
    queryKey: ['model-graph', id],
    queryFn: ({ signal }) => client.modelGraph({ id }, { signal }),
    staleTime: Infinity,
  });
  const drawing = useMemo(() => data && drawModel(data.layers), [data]);
  return (
    <>
      <ProblemNotice error={error} />
      {drawing ? (
        <ModelGraph drawing={drawing} view={view} onView={onView} />
      ) : (
        !error && <p className="quiet">Reading the model…</p>
      )}
    </>
  );
}
