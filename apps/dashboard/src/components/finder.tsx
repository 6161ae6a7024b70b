import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { client } from '../api/client.js';
import { useDatasets, useModels } from '../api/queries.js';
import { shortDigest } from '../format.js';
import { addressOf } from '../route.js';
import { ProblemNotice } from './problem.js';
import { isTyping } from './search-field.js';

const TYPING_PAUSE_MS = 300;
/** Of each kind at most. */
const MOST = 5;

interface Place {
  kind: string;
  title: string;
  address: string;
}

const PAGES: readonly Place[] = ['Jobs', 'Sweeps', 'Models', 'Data', 'Devices', 'System', 'Compare', 'New'].map(
  (title) => ({ kind: 'page', title, address: `/#/${title.toLowerCase()}` }),
);

/**
 * Finds jobs, sweeps, models, data sets and pages by a word. Ctrl+K opens it, and "/" on pages without a search of their
 * own.
 */
export function Finder() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const open = () => {
    if (document.querySelector('dialog[open]')) return;
    setOpen(true);
    dialog.current?.showModal();
  };
  useFinderKeys(open);
  useEffect(() => {
    const close = () => dialog.current?.close();
    addEventListener('hashchange', close);
    return () => removeEventListener('hashchange', close);
  }, []);
  return (
    <>
      <button
        type="button"
        className="quiet find"
        aria-label="Find anything"
        title="Find anything (Ctrl+K)"
        onClick={open}
      >
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <circle cx="6.5" cy="6.5" r="4.5" />
          <line x1="10" y1="10" x2="14.5" y2="14.5" />
        </svg>
      </button>
      <dialog ref={dialog} className="finder" aria-label="Find anything" onClose={() => setOpen(false)}>
        {isOpen && <Search onGone={() => dialog.current?.close()} />}
      </dialog>
    </>
  );
}

function useFinderKeys(open: () => void): void {
  const opening = useRef(open);
  opening.current = open;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isCtrlK = event.key === 'k' && (event.ctrlKey || event.metaKey);
      if (!isCtrlK && (event.key !== '/' || isTyping(event.target))) return;
      event.preventDefault();
      const own = isCtrlK ? null : document.querySelector<HTMLInputElement>('main input[type=search]');
      if (own) own.focus();
      else opening.current();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function Search({ onGone }: { onGone: () => void }) {
  const [text, setText] = useState('');
  const { places, error, isFetching } = usePlaces(useSettled(text.trim()));
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const [first] = places;
    if (!first) return;
    location.assign(first.address);
    onGone();
  };
  return (
    <form onSubmit={onSubmit}>
      <div className="filters">
        <input
          type="search"
          aria-label="Find"
          placeholder="a job, sweep, model, data set or page"
          autoFocus
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            // The browser would empty the field first.
            if (event.key === 'Escape') onGone();
          }}
        />
        <button type="button" className="quiet" onClick={onGone}>
          Close
        </button>
      </div>
      <ProblemNotice error={error} />
      <p className="quiet" role="status">
        {isFetching ? 'Looking…' : places.length === 0 ? 'Nothing of that name.' : 'Enter goes to the first.'}
      </p>
      <ul className="plain found" aria-label="Found">
        {places.map(({ kind, title, address }) => (
          <li key={address}>
            <a href={address} onClick={onGone}>
              {title}
            </a>{' '}
            <span className="quiet">{kind}</span>
          </li>
        ))}
      </ul>
    </form>
  );
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const pause = setTimeout(() => setSettled(text), TYPING_PAUSE_MS);
    return () => clearTimeout(pause);
  }, [text]);
  return settled;
}

/** What a word is part of; without one the pages. */
function usePlaces(text: string): { places: readonly Place[]; error: Error | null; isFetching: boolean } {
  const models = useModels();
  const datasets = useDatasets();
  const listed = useQuery({
    queryKey: ['find', text],
    enabled: text !== '',
    staleTime: 0,
    queryFn: async ({ signal }) => {
      const asked = { q: text, limit: MOST };
      const [jobs, sweeps] = await Promise.all([
        client.listJobs(asked, { signal }),
        client.listSweeps(asked, { signal }),
      ]);
      return [
        ...jobs.items.map(({ id, name, title }) => ({ kind: 'job', title: name ?? title, address: `/#/jobs/${id}` })),
        ...sweeps.items.map(({ id, title }) => ({ kind: 'sweep', title, address: `/#/sweeps/${id}` })),
      ];
    },
  });
  const has = (word: string) => word.toLowerCase().includes(text.toLowerCase());
  const pages = PAGES.filter(({ title }) => has(title));
  if (text === '') return { places: pages, error: null, isFetching: false };
  const stored = [
    ...(models.data?.items ?? []).flatMap(({ id, name }) =>
      has(name) || id.startsWith(text) ? [{ kind: 'model', title: name, address: `/#/models/${id}` }] : [],
    ),
    ...(datasets.data?.items ?? []).flatMap(({ id, name }) =>
      has(name) || id.startsWith(text)
        ? [{ kind: `data set ${shortDigest(id)}`, title: name, address: `/${addressOf('data', { q: name })}` }]
        : [],
    ),
  ];
  return {
    places: [...pages, ...(listed.data ?? []), ...stored.slice(0, 2 * MOST)],
    error: listed.error ?? models.error ?? datasets.error,
    isFetching: listed.isFetching || models.isPending || datasets.isPending,
  };
}
