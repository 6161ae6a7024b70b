import { useEffect, useState } from 'react';

/** State that outlives the way to another page and back, and a reload; it ends with the tab. */
export function useDraft<T extends object>(key: string, first: T): [T, (part: Partial<T>) => void] {
  const [draft, setDraft] = useState<T>(() => ({ ...first, ...read(key) }));
  useEffect(() => {
    sessionStorage.setItem(key, JSON.stringify(draft));
  }, [key, draft]);
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
