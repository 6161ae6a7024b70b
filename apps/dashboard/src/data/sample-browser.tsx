import type { DatasetRecord } from '#contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { useModels } from '../api/queries.js';
import { ProblemNotice } from '../components/problem.js';
import { shortDigest } from '../format.js';
import { sampleChoice, withSampleChoice, type SampleChoice } from './sample-choice.js';
import { SampleCards } from './sample-cards.js';

interface SampleBrowserProps {
  dataset: DatasetRecord;
  query: URLSearchParams;
  /** Changes what of it stands in the address. */
  onChange: (changes: Record<string, string>) => void;
}

/** Samples of a stored data set as a model gets them, a page at a time; what is chosen stands in the address. */
export function SampleBrowser({ dataset: { id, name, inspection }, query, onChange }: SampleBrowserProps) {
  const splits = Object.entries(inspection.splits);
  const choice = sampleChoice(query, inspection.splits);
  const { model, split, count, from } = choice;
  const { data, error, isFetching, isPlaceholderData } = useQuery({
    queryKey: ['samples', id, model, split, count, from],
    enabled: model !== '',
    queryFn: ({ signal }) => client.previewDataset({ id, model, samples: count, split, from }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  const change = (changes: Partial<SampleChoice>) => onChange(withSampleChoice({ ...choice, ...changes }));
  return (
    <>
      <div className="filters">
        <ModelChoice name={name} value={model} onChange={(value) => change({ model: value })} />
        <Select
          word="Split"
          label={`Split of ${name}`}
          value={split}
          options={splits.map(([each]) => each)}
          onChange={(value) => change({ split: value as SampleChoice['split'], from: 0 })}
        />
        <Select
          word="Samples"
          label={`Samples of ${name}`}
          value={String(count)}
          options={COUNTS.map(String)}
          onChange={(value) => change({ count: Number(value) })}
        />
      </div>
      <ProblemNotice error={error} />
      {isFetching && <p className="quiet">Reading samples…</p>}
      {data && !isPlaceholderData && (
        <>
          <SampleCards preview={data} from={from} />
          <Pages name={name} choice={choice} of={inspection.splits[split] ?? 0} onChange={change} />
        </>
      )}
    </>
  );
}

const COUNTS = [3, 12, 24];

interface PagesProps {
  name: string;
  choice: SampleChoice;
  /** Samples of the split. */
  of: number;
  onChange: (changes: Partial<SampleChoice>) => void;
}

function Pages({ name, choice: { from, count }, of, onChange }: PagesProps) {
  const last = Math.min(of, from + count);
  return (
    <nav className="pages" aria-label={`Pages of samples of ${name}`}>
      <button
        type="button"
        className="quiet"
        disabled={from === 0}
        onClick={() => onChange({ from: Math.max(0, from - count) })}
      >
        Earlier
      </button>
      <span className="quiet">
        {from < of ? `${(from + 1).toLocaleString('en')}–${last.toLocaleString('en')}` : 'none'} of{' '}
        {of.toLocaleString('en')}
      </span>
      <button type="button" className="quiet" disabled={last >= of} onClick={() => onChange({ from: from + count })}>
        Later
      </button>
    </nav>
  );
}

interface SelectProps {
  word: string;
  label: string;
  value: string;
  options: readonly string[];
  onChange: (value: string) => void;
}

function Select({ word, label, value, options, onChange }: SelectProps) {
  return (
    <label>
      {word}{' '}
      <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

function ModelChoice({ name, value, onChange }: { name: string; value: string; onChange: (id: string) => void }) {
  const { data: models } = useModels();
  return (
    <label>
      As{' '}
      <select aria-label={`Model that gets ${name}`} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">choose a model…</option>
        {(models?.items ?? []).map((each) => (
          <option key={each.id} value={each.id}>
            {each.name} ({shortDigest(each.id)})
          </option>
        ))}
      </select>{' '}
      gets them
    </label>
  );
}
