import { ProblemError } from '#client';
import { recipeTitle, type Job } from '#contracts';
import { useQueries } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { client } from '../api/client.js';
import { CsvButton } from '../components/chart-data.js';
import { Scroll } from '../components/scroll.js';
import { jobIdIn, MOST_PICKED, differencesOf } from './side-by-side.js';

interface SideBySideProps {
  picked: readonly string[];
  /** The job that others are held against; empty for none. */
  pinned: string;
  onPick: (ids: readonly string[]) => void;
  onPin: (id: string) => void;
}

/** Jobs and trials that were chosen, a column each; one may be pinned as the baseline. */
export function SideBySide({ picked, pinned, onPick, onPin }: SideBySideProps) {
  const found = useQueries({
    queries: picked.map((id) => ({
      queryKey: ['job', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.getJob({ id }, { signal }),
    })),
  });
  const jobs = found.flatMap(({ data }) => data ?? []);
  const missing = picked.flatMap((id, index) => (found[index]?.error ? [{ id, error: found[index].error }] : []));
  const leave = (id: string) => onPick(picked.filter((each) => each !== id));
  return (
    <section aria-label="Side by side">
      <h2>Side by side</h2>
      <AddJob isFull={picked.length >= MOST_PICKED} onAdd={(id) => onPick([...new Set([...picked, id])])} />
      {missing.map(({ id, error }) => (
        <p key={id} className="problem">
          {isGone(error) ? `There is no job ${id}.` : `Job ${id}: ${error.message}.`}{' '}
          <button type="button" className="link" onClick={() => leave(id)}>
            Leave it out
          </button>
        </p>
      ))}
      {jobs.length === 0 ? (
        <p className="quiet">
          Choose up to {MOST_PICKED} jobs in the table of trade-offs, or add any job or trial by its address.
        </p>
      ) : (
        <DiffTable jobs={jobs} pinned={pinned} onLeave={leave} onPin={onPin} />
      )}
    </section>
  );
}

const isGone = (error: Error): boolean => error instanceof ProblemError && error.problem.status === 404;

function AddJob({ isFull, onAdd }: { isFull: boolean; onAdd: (id: string) => void }) {
  const [problem, setProblem] = useState<string | null>(null);
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const id = jobIdIn(String(new FormData(event.currentTarget).get('job')));
    setProblem(id ? null : 'This holds no id of a job: paste the address of its page.');
    if (!id) return;
    event.currentTarget.reset();
    onAdd(id);
  };
  return (
    <form className="filters" onSubmit={onSubmit} onChange={() => setProblem(null)}>
      <label>
        Add a job or a trial <input name="job" placeholder="its id, or the address of its page" size={32} required />
      </label>
      <button type="submit" className="quiet" disabled={isFull}>
        Add
      </button>
      {problem && (
        <span className="problem" role="alert">
          {problem}
        </span>
      )}
    </form>
  );
}

const titleOf = ({ name, recipe }: Job): string => name ?? recipe.name ?? recipeTitle(recipe);

function DiffTable({
  jobs,
  pinned,
  onLeave,
  onPin,
}: {
  jobs: readonly Job[];
  pinned: string;
  onLeave: (id: string) => void;
  onPin: (id: string) => void;
}) {
  const { rows, same } = differencesOf(
    jobs,
    jobs.find(({ id }) => id === pinned),
  );
  const data = () => ({
    columns: ['', ...jobs.map(titleOf)],
    rows: rows.map(({ title, cells }) => [title, ...cells.map(({ text }) => text)]),
  });
  return (
    <>
      <Scroll label="Jobs side by side">
        <table className="side-by-side">
          <thead>
            <tr>
              <th>
                <span className="heard">What differs</span>
              </th>
              {jobs.map((job) => (
                <th key={job.id} scope="col">
                  <a href={`#/jobs/${job.id}`}>{titleOf(job)}</a>
                  <div className="actions wrap">
                    <button
                      type="button"
                      className="link"
                      aria-pressed={job.id === pinned}
                      onClick={() => onPin(job.id === pinned ? '' : job.id)}
                    >
                      {job.id === pinned ? 'the baseline' : 'pin as baseline'}
                      <span className="heard">: {titleOf(job)}</span>
                    </button>
                    <button type="button" className="link" onClick={() => onLeave(job.id)}>
                      ×<span className="heard"> leave {titleOf(job)} out</span>
                    </button>
                  </div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ title, cells }) => (
              <tr key={title}>
                <th scope="row">{title}</th>
                {cells.map(({ text, note }, index) => (
                  <td key={jobs[index]?.id ?? index}>
                    {text}
                    {note && <div className="quiet">{note}</div>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <div className="chart-data">
        {same > 0 && <span className="quiet">The same in all, and left out: {same} rows.</span>}
        <CsvButton title="jobs side by side" fileName="side-by-side.csv" data={data} />
      </div>
    </>
  );
}
