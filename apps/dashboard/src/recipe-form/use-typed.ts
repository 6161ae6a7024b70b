import { useEffect, useRef, useState, type KeyboardEvent } from 'react';

/** Typing that pauses for so long counts, ms. */
const PAUSE_MS = 400;

/** A field whose value counts when typing pauses, as far as it is one, and when the field is left. */
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
  const taken = useRef({ standing, read, onChange });
  taken.current = { standing, read, onChange };
  useEffect(() => {
    if (draft === null) return undefined;
    const timer = setTimeout(() => takeIfValue(draft, taken.current), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft]);
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

interface Taken<T> {
  standing: string;
  read: (text: string) => T;
  onChange: (value: T) => void;
}

/** What is no value yet is left to be typed on. */
function takeIfValue<T>(text: string, { standing, read, onChange }: Taken<T>): void {
  if (text === standing) return;
  let value: T;
  try {
    value = read(text);
  } catch {
    return;
  }
  onChange(value);
}

/** The enter key takes what was typed; it does not submit the form around the field. */
export function leaveByEnter(event: KeyboardEvent, leave: () => void): void {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  leave();
}
