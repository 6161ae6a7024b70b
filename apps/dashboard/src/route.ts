import { useMemo, useSyncExternalStore } from 'react';

/** Pages by the first word of the address, and those of one thing, whose id follows it. */
const PAGES = ['jobs', 'sweeps', 'models', 'data', 'devices', 'system', 'compare', 'new', 'api'] as const;
/** The address of the API's documentation, known outside of the page. */
const DOCS = '/docs';
const OF_ONE = { jobs: 'job', sweeps: 'sweep', models: 'model', devices: 'device' } as const;

export type PageName = (typeof PAGES)[number] | (typeof OF_ONE)[keyof typeof OF_ONE] | 'unknown';
/**
 * A page, and what is chosen on it: all of it stands in the address, so that it outlives a reload and can be sent to
 * others.
 */
export interface PageRoute {
  page: PageName;
  /** Of the one thing that the page is about; empty on a page of many. */
  id: string;
  query: URLSearchParams;
}

/** Reads the page from the part of the address behind "#"; before it, there is one page only. */
export function parseRoute(hash: string, pathname = '/'): PageRoute {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  return { ...placeOf(path.split('/').filter(Boolean), pathname), query: new URLSearchParams(search) };
}

function placeOf([first = 'jobs', id = '', ...rest]: string[], pathname: string): Omit<PageRoute, 'query'> {
  if (pathname === DOCS && id === '') return { page: 'api', id };
  const page = PAGES.find((name) => name === first);
  if (pathname !== '/' || rest.length > 0 || page === undefined) return { page: 'unknown', id: '' };
  if (id === '') return { page, id };
  return page in OF_ONE ? { page: OF_ONE[page as keyof typeof OF_ONE], id } : { page: 'unknown', id: '' };
}

/** Who shows what the address says. */
const followers = new Set<() => void>();

function follow(changed: () => void): () => void {
  followers.add(changed);
  addEventListener('hashchange', changed);
  return () => {
    followers.delete(changed);
    removeEventListener('hashchange', changed);
  };
}

export function useRoute(): PageRoute {
  const hash = useSyncExternalStore(follow, () => location.hash);
  return useMemo(() => parseRoute(hash, location.pathname), [hash]);
}

/** What may be chosen on pages of many: another name does not compile. */
interface Choices {
  jobs: 'state' | 'q' | 'model' | 'cursor';
  sweeps: 'state' | 'q' | 'cursor';
  models: 'q';
  data: 'q' | 'samples' | 'as' | 'split' | 'n' | 'from';
  compare: 'model' | 'data' | 'x' | 'y' | 'pick' | 'pin';
  new: 'model' | 'dataset' | 'job' | 'sweep';
  api: 'q';
}

/** The same on the page of one thing; on that of a sweep names of its parameters and figures (`sweep/choices.ts`). */
interface ChoicesOfOne {
  jobs: 'stages' | 'log' | 'graph';
  models: 'graph';
  devices: 'model';
  sweeps: string;
}
type Said<K extends string> = Readonly<Partial<Record<K, string | null | undefined>>>;

/** The address of a page with what is chosen on it; empty choices are left out. */
export function addressOf<P extends keyof Choices>(page: P, query: Said<Choices[P]>): string;
export function addressOf<P extends keyof ChoicesOfOne>(page: `${P}/${string}`, query: Said<ChoicesOfOne[P]>): string;
export function addressOf(page: string, query: Said<string>): string {
  const isSaid = (pair: [string, string | null | undefined]): pair is [string, string] => Boolean(pair[1]);
  const search = new URLSearchParams(Object.entries(query).filter(isSaid)).toString();
  return `#/${page}${search ? `?${search}` : ''}`;
}

/**
 * Goes to an address in place of the present one: the way back leads past it. Whoever follows the address is told at
 * once, since the browser's event comes later: a box that is ticked would be seen unticked until then, and what is
 * chosen in between would go by the address before.
 */
export function replaceAddress(address: string): void {
  location.replace(address);
  for (const changed of [...followers]) changed();
}

export type PageProps = Pick<PageRoute, 'id' | 'query'>;
