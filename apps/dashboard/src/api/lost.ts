import { isPassing } from '#client';
import { useQueryClient, type QueryCache } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

/** Why what is no query waits for the server: streams, and the files of pages. */
const waiting = new Map<object, string>();
const listeners = new Set<() => void>();

/** Says that something waits for the server and is tried again, and why; null once it goes on, or is given up. */
export function tellLost(who: object, why: string | null): void {
  if (why === null ? !waiting.delete(who) : waiting.get(who) === why) return;
  if (why !== null) waiting.set(who, why);
  for (const listener of listeners) listener();
}

/** Why something on the page waits for the server, which is asked again until it answers; null where nothing does. */
export function useLost(): string | null {
  const cache = useQueryClient().getQueryCache();
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      const unsubscribe = cache.subscribe(changed);
      return () => {
        listeners.delete(changed);
        unsubscribe();
      };
    },
    () => waiting.values().next().value ?? lostQuery(cache),
  );
}

/** Of queries that somebody looks at. */
function lostQuery(cache: QueryCache): string | null {
  for (const query of cache.getAll()) {
    const { fetchStatus, fetchFailureReason } = query.state;
    if (fetchStatus !== 'idle' && isPassing(fetchFailureReason) && query.getObserversCount() > 0)
      return fetchFailureReason.message;
  }
  return null;
}
