import { useState, type FormEvent } from 'react';
import { keepViews, savedViews, withView, type SavedView } from './saved-views.js';

/** Views by name, each a link; what is chosen now can be saved as one. */
export function ViewList({ query }: { query: URLSearchParams }) {
  const [views, setViews] = useState(savedViews);
  const [gone, setGone] = useState<SavedView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const keep = (next: SavedView[]) => {
    try {
      keepViews(next);
      setViews(next);
      setProblem(null);
    } catch (error) {
      setProblem(`This browser keeps no views: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('view')).trim();
    if (name === '') return;
    keep(withView(views, { name, search: query.toString() }));
    setGone(null);
    event.currentTarget.reset();
  };
  const remove = (view: SavedView) => {
    keep(views.filter(({ name }) => name !== view.name));
    setGone(view);
  };
  return (
    <section aria-label="Saved views" className="views">
      <form className="filters" onSubmit={onSubmit}>
        <label>
          Save this view as <input name="view" maxLength={80} placeholder="a name" required />
        </label>
        <button type="submit" className="quiet">
          Save
        </button>
        <span className="quiet">Kept in this browser; the address holds the same and can be sent to others.</span>
      </form>
      {problem && <p className="problem">{problem}</p>}
      {views.length > 0 && (
        <ul className="legend" aria-label="Views">
          {views.map((view) => (
            <li key={view.name}>
              <a href={`#/compare?${view.search}`} aria-current={view.search === query.toString() ? 'true' : undefined}>
                {view.name}
              </a>{' '}
              <button type="button" className="link" onClick={() => remove(view)}>
                ×<span className="heard"> remove the view {view.name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {gone && (
        <p role="status">
          The view “{gone.name}” was removed.{' '}
          <button
            type="button"
            className="link"
            onClick={() => {
              keep(withView(views, gone));
              setGone(null);
            }}
          >
            Bring it back
          </button>
        </p>
      )}
    </section>
  );
}
