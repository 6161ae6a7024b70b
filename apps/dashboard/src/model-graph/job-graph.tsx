import type { Job } from '#contracts';
import { drawModels, evidenceOf } from '#model-graph';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { client } from '../api/client.js';
import { ProblemNotice } from '../components/problem.js';
import { useTiming } from './timing.js';
import { FIRST_VIEW, ModelGraph, type ColourProps } from './model-graph.js';

interface JobGraphProps extends ColourProps {
  job: Job;
}

/** The model that a job was given beside the newest that it has made; it is open where a way to colour it is chosen. */
export function JobGraph({ job, view, onView }: JobGraphProps) {
  const isOpen = view !== null;
  return (
    <section aria-label="Layer by layer">
      <details
        open={isOpen}
        onToggle={({ target, currentTarget }) => {
          if (target !== currentTarget || currentTarget.open === isOpen) return;
          onView(currentTarget.open ? FIRST_VIEW : '');
        }}
      >
        <summary>
          <h2>Model before and after, layer by layer</h2>
        </summary>
        {isOpen && <Graph job={job} view={view} onView={onView} />}
      </details>
    </section>
  );
}

function Graph({ job, view, onView }: JobGraphProps) {
  const made = job.stages.findLast(({ modelDigest }) => modelDigest)?.modelDigest ?? job.modelId;
  const { data, error } = useQuery({
    queryKey: ['graph', job.id, made],
    queryFn: ({ signal }) => client.jobGraph({ id: job.id }, { signal }),
    staleTime: Infinity,
  });
  const timing = useTiming(job, made);
  const drawing = useMemo(
    () => data && drawModels(data, evidenceOf(job.stages, timing.data ?? null)),
    [data, job.stages, timing.data],
  );
  return (
    <>
      <ProblemNotice error={error ?? timing.error} />
      {drawing ? (
        <ModelGraph drawing={drawing} view={view} onView={onView} />
      ) : (
        !error && <p className="quiet">Reading both models…</p>
      )}
    </>
  );
}
