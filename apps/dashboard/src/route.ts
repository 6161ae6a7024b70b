import { useMemo, useSyncExternalStore } from 'react';

type Place = { page: 'jobs' | 'new' | 'compare' | 'unknown' } | { page: 'job'; id: string };
/** A page, and what is chosen on it: all of it stands in the address, so that it outlives a reload and can be sent to others. */
export type Route = Place & { query: URLSearchParams };

/** Reads the page from the part of the address behind "#"; before it, there is one page only. */
export function parseRoute(hash: string, pathname = '/'): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  return { ...placeOf(path.split('/').filter(Boolean), pathname), query: new URLSearchParams(search) };
}

function placeOf([page, id, ...rest]: string[], pathname: string): Place {
  if (pathname !== '/' || rest.length > 0) return { page: 'unknown' };
  if (page === undefined) return { page: 'jobs' };
  if (page === 'jobs') return id === undefined ? { page } : { page: 'job', id };
  return (page === 'new' || page === 'compare') && id === undefined ? { page } : { page: 'unknown' };
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(
    (changed) => {
      addEventListener('hashchange', changed);
      return () => removeEventListener('hashchange', changed);
    },
    () => location.hash,
  );
  return useMemo(() => parseRoute(hash, location.pathname), [hash]);
}

/** The address of a page with what is chosen on it; empty choices are left out. */
export function addressOf(page: string, query: Record<string, string | null | undefined>): string {
  const search = new URLSearchParams(
    Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1])),
  ).toString();
  return `#/${page}${search ? `?${search}` : ''}`;
}

/** Goes to an address in place of the present one: the way back leads past it. */
export const replaceAddress = (address: string): void => location.replace(address);
