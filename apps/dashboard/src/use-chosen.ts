import { useCallback, useEffect, useMemo, useState } from 'react';
import { addressOf, replaceAddress } from './route.js';

type Changes = Readonly<Record<string, string | null>>;

/**
 * How long a choice that is dragged may stand still before it goes into the address: browsers take few changes of it in
 * a second.
 */
const SETTLES_AFTER_MS = 250;
const NONE: Changes = {};

/**
 * What is chosen on a page, with ways to change it: at once, or for what is dragged soon, so that the page follows the
 * finger and the address follows the page.
 */
export function useChosen(page: `sweeps/${string}`, query: URLSearchParams) {
  const [dragged, setDragged] = useState(NONE);
  const chosen = useMemo(() => merged(query, dragged), [query, dragged]);
  useEffect(() => {
    if (dragged === NONE) return undefined;
    const timer = setTimeout(() => {
      replaceAddress(addressOf(page, Object.fromEntries(chosen)));
      setDragged(NONE);
    }, SETTLES_AFTER_MS);
    return () => clearTimeout(timer);
  }, [page, chosen, dragged]);
  const change = useCallback(
    (changes: Changes) => replaceAddress(addressOf(page, Object.fromEntries(merged(chosen, changes)))),
    [page, chosen],
  );
  const changeSoon = useCallback((changes: Changes) => setDragged((before) => ({ ...before, ...changes })), []);
  return { chosen, change, changeSoon };
}

function merged(query: URLSearchParams, changes: Changes): URLSearchParams {
  const all: Record<string, string | null> = { ...Object.fromEntries(query), ...changes };
  const isSaid = (pair: [string, string | null]): pair is [string, string] => pair[1] !== null;
  return new URLSearchParams(Object.entries(all).filter(isSaid));
}
