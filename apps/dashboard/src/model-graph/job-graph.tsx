import type { Job } from '#contracts';
import { drawModels, evidenceOf } from '#model-graph';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { client } from '../api/client.js';
import { ProblemNotice } from '../components/problem.js';
import { useTiming } from './timing.js';
import { ModelGraph } from './model-graph.js';

/** The model that a job was given beside the newest that it has made. */
export function JobGraph({ job }: { job: Job }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section aria-label="Layer by layer">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h2>Model before and after, layer by layer</h2>
        </summary>
        {isOpen && <Graph job={job} />}
      </details>
    </section>
  );
}

function Graph({ job }: { job: Job }) {
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
      {drawing ? <ModelGraph drawing={drawing} /> : !error && <p className="quiet">Reading both models…</p>}
    </>
  );
}
