import { useLayoutEffect, useRef, type ReactNode } from 'react';

interface ScrollProps {
  label: string;
  /** Whether rows of the table are cards where the screen is narrow; a table to be read across stays one. */
  isCards?: boolean;
  children: ReactNode;
}

const ROLES = { TABLE: 'table', THEAD: 'rowgroup', TBODY: 'rowgroup', TR: 'row', TD: 'cell' } as const;

/**
 * Writes the heading of its column at each cell, where it stands in a card, and what a table's parts are: some browsers
 * forget it of parts that are laid out otherwise.
 */
function prepareCards(table: HTMLTableElement): void {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map(({ textContent }) => textContent);
  const parts: HTMLElement[] = [table, ...(table.tHead ? [table.tHead] : []), ...table.tBodies];
  for (const row of table.rows) {
    parts.push(row, ...row.cells);
    if (row.parentElement !== table.tHead)
      for (const cell of row.cells) cell.dataset['head'] = heads[cell.cellIndex] ?? '';
  }
  for (const part of parts) part.setAttribute('role', roleOf(part));
}

function roleOf(part: HTMLElement): string {
  if (part.tagName !== 'TH') return ROLES[part.tagName as keyof typeof ROLES];
  return part.getAttribute('scope') === 'row' ? 'rowheader' : 'columnheader';
}

/** What may be wider than the screen scrolls within itself, with a finger and with the keys. */
export function Scroll({ label, isCards = false, children }: ScrollProps) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const table = box.current?.querySelector('table');
    if (isCards && table) prepareCards(table);
  });
  return (
    <div ref={box} className={isCards ? 'scroll as-cards' : 'scroll'} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
