import type { ReactNode } from 'react';

/** What may be wider than the screen scrolls within itself, with a finger and with the keys. */
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="scroll" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
