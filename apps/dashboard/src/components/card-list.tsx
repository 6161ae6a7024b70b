import { useState, type ReactNode } from 'react';

/** Cards that are drawn at once: thousands would take the browser seconds. */
const STEP = 100;

interface CardListProps<T> {
  items: readonly T[];
  /** So many are drawn whatever has been asked for: that which the address is about is among them. */
  least?: number;
  children: (item: T) => ReactNode;
}

/** The first cards of a list, with a button for more; a search goes through all of them. */
export function CardList<T>({ items, least = 0, children }: CardListProps<T>) {
  const [asked, setAsked] = useState(STEP);
  const count = Math.max(asked, least);
  const left = items.length - count;
  return (
    <>
      <ul className="plain cards">{items.slice(0, count).map(children)}</ul>
      {left > 0 && (
        <p className="pages">
          <span className="quiet">
            {count} of {items.length}
          </span>
          <button type="button" className="quiet" onClick={() => setAsked(count + STEP)}>
            Show {Math.min(STEP, left)} more
          </button>
        </p>
      )}
    </>
  );
}
