import { useEffect, useRef } from 'react';
import { isTyping } from './search-field.js';

const KEYS = [
  ['/', 'to the search of the page; where it has none, as Ctrl+K'],
  ['Ctrl+K', 'finds a job, a sweep, a model, a data set or a page by a word'],
  ['?', 'these keys'],
  ['Tab, Shift+Tab', 'to the next or the last control; the first one leads past the bar'],
  ['Escape', 'closes a dialog'],
] as const;

/** The keys of the page, shown by "?". */
export function KeyHelp() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === '?' && !isTyping(event.target) && !document.querySelector('dialog[open]'))
        dialog.current?.showModal();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl className="figures">
        {KEYS.map(([key, what]) => (
          <div key={key} className="key">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className="actions">
        <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
