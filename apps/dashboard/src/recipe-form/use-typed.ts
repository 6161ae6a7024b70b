import { useState, type KeyboardEvent } from 'react';

/** A field whose value counts when it is left. */
export interface Typed {
  /** What stands in the field. */
  text: string;
  /** Why what was typed is no value; it stays in the field. */
  problem: string | null;
  type: (text: string) => void;
  leave: () => void;
}

/** `read` throws for what is no value; undefined is taken for one. */
export function useTyped<T>(standing: string, read: (text: string) => T, onChange: (value: T) => void): Typed {
  const [draft, setDraft] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const leave = () => {
    if (draft === null) return;
    try {
      if (draft !== standing) onChange(read(draft));
      setProblem(null);
      setDraft(null);
    } catch (error) {
      setProblem(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    }
  };
  return { text: draft ?? standing, problem, type: setDraft, leave };
}

/** The enter key takes what was typed; it does not submit the form around the field. */
export function leaveByEnter(event: KeyboardEvent, leave: () => void): void {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  leave();
}
