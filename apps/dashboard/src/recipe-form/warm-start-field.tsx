import type { JobItem, SweepItem } from '#contracts';
import { useEarlierSweeps, useSucceededJobs } from '../api/queries.js';
import { ago, shortDigest } from '../format.js';
import { withValue } from './recipe-text.js';

/** What a sweep is about: what was measured on something else is no help to it. */
export interface SearchedOn {
  model: string;
  dataset: string | null;
}

interface Earlier {
  id: string;
  text: string;
}

/** Earlier sweeps and jobs on the same model and data whose figures a sweep begins with. */
export function WarmStartField({
  text,
  chosen,
  subject,
  onChange,
}: {
  text: string;
  chosen: readonly string[];
  subject: SearchedOn;
  onChange: (text: string) => void;
}) {
  const { sweeps, jobs, isCut } = useEarlier(subject);
  const set = (ids: readonly string[]) => onChange(withValue(text, ['warmStart'], ids.length > 0 ? ids : undefined));
  const known = new Map([...sweeps, ...jobs].map(({ id, text: words }) => [id, words]));
  const isOpen = ({ id }: Earlier) => !chosen.includes(id);
  return (
    <fieldset>
      <legend>Begin with</legend>
      {chosen.map((id, index) => (
        <div key={id} className="bound">
          <span>{known.get(id) ?? id}</span>
          <button
            type="button"
            className="quiet"
            aria-label={`Remove beginning ${index + 1}`}
            onClick={() => set(chosen.filter((each) => each !== id))}
          >
            Remove
          </button>
        </div>
      ))}
      <select
        aria-label="Earlier sweep or job to begin with"
        value=""
        disabled={sweeps.length + jobs.length === 0}
        onChange={(event) => set([...chosen, event.target.value])}
      >
        <option value="">
          {sweeps.length + jobs.length === 0
            ? 'nothing was measured on this model and data yet'
            : 'what earlier ones measured…'}
        </option>
        <Group label="Sweeps" items={sweeps.filter(isOpen)} />
        <Group label="Jobs" items={jobs.filter(isOpen)} />
      </select>
      {isCut && <p className="quiet">Older ones are named in the text below, by their ids under warmStart.</p>}
    </fieldset>
  );
}

function Group({ label, items }: { label: string; items: readonly Earlier[] }) {
  if (items.length === 0) return null;
  return (
    <optgroup label={label}>
      {items.map(({ id, text }) => (
        <option key={id} value={id}>
          {text}
        </option>
      ))}
    </optgroup>
  );
}

function useEarlier({ model, dataset }: SearchedOn): { sweeps: Earlier[]; jobs: Earlier[]; isCut: boolean } {
  const { data: sweeps } = useEarlierSweeps(model || undefined);
  const { data: jobs } = useSucceededJobs(model || undefined);
  const isSame = (item: { datasetId: string | null }) => item.datasetId === dataset;
  const measured = (sweeps?.items ?? []).filter((sweep) => isSame(sweep) && sweep.counts.complete > 0);
  return {
    sweeps: measured.map(sweepWords),
    jobs: (jobs?.items ?? []).filter(isSame).map(jobWords),
    isCut: sweeps?.isCut === true || jobs?.isCut === true,
  };
}

function sweepWords({ id, title, counts, createdAt }: SweepItem): Earlier {
  return { id, text: `${title}, ${counts.complete} trials, ${ago(createdAt)} (${shortDigest(id)})` };
}

function jobWords({ id, name, title, createdAt }: JobItem): Earlier {
  return { id, text: `${name ?? title}, ${ago(createdAt)} (${shortDigest(id)})` };
}
