import { useEffect, useRef, useState } from 'react';

const TYPING_PAUSE_MS = 300;

/** A search that is made once typing pauses. */
export function SearchField({
  label,
  value,
  placeholder,
  onChange,
}: {
  label: string;
  value: string;
  placeholder: string;
  onChange: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const change = useRef(onChange);
  change.current = onChange;
  // What comes back of what was typed is older than the field, which may have more by now.
  const told = useRef(value);
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text.trim() === value) return undefined;
    const pause = setTimeout(() => {
      told.current = text.trim();
      change.current(told.current);
    }, TYPING_PAUSE_MS);
    return () => clearTimeout(pause);
  }, [text, value]);
  return (
    <label>
      {label}{' '}
      <input
        type="search"
        name="q"
        size={14}
        value={text}
        placeholder={placeholder}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}

/** Whether keys go into a field, and mean letters there. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
