import { useState } from 'react';

const kept = new Map<string, unknown>();

/** State that outlives the way to another page and back, and no reload: for files, which cannot be written down. */
export function useKept<T>(key: string, first: T): [T, (next: T) => void] {
  const [value, setValue] = useState<T>(() => (kept.has(key) ? (kept.get(key) as T) : first));
  const set = (next: T) => {
    kept.set(key, next);
    setValue(next);
  };
  return [value, set];
}

export const forgetKept = (): void => kept.clear();
