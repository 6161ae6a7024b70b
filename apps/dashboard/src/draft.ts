import { useEffect, useState } from 'react';

/** The draft of a new job or sweep. */
export const NEW_JOB = 'coldpress-new-job';

/** Whether something stands in the draft that it did not begin with. */
export const hasDraft = (key: string): boolean => sessionStorage.getItem(key) !== null;

/** State that outlives the way to another page and back, and a reload; it ends with the tab. */
export function useDraft<T extends object>(key: string, first: T): [T, (part: Partial<T>) => void] {
  const [draft, setDraft] = useState<T>(() => ({ ...first, ...read(key) }));
  useEffect(() => {
    const text = JSON.stringify(draft);
    if (text === JSON.stringify(first)) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  }, [key, draft, first]);
  return [draft, (part) => setDraft((before) => ({ ...before, ...part }))];
}

function read(key: string): object {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? '{}');
    return typeof stored === 'object' && stored !== null ? stored : {};
  } catch {
    return {};
  }
}
