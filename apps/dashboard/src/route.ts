import { useSyncExternalStore } from 'react';

export type Route = { page: 'jobs' } | { page: 'job'; id: string } | { page: 'new' } | { page: 'compare' };

/** Reads the page from the part of the address behind "#". */
export function parseRoute(hash: string): Route {
  const [page, id] = hash.replace(/^#\/?/, '').split('/');
  if (page === 'jobs' && id) return { page: 'job', id };
  return page === 'new' || page === 'compare' ? { page } : { page: 'jobs' };
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(
    (changed) => {
      addEventListener('hashchange', changed);
      return () => removeEventListener('hashchange', changed);
    },
    () => location.hash,
  );
  return parseRoute(hash);
}
