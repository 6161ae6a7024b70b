import type { ReactNode } from 'react';
import { useTitle } from '../title.js';

/** An address behind which there is nothing, and where to go instead. */
export function NotFoundPage({ title = 'No such page', children }: { title?: string; children?: ReactNode }) {
  useTitle(title);
  return (
    <div className="empty">
      <h1>{title}</h1>
      <p>{children ?? 'Nothing stands under this address.'}</p>
      <p>
        <a href="/#/jobs">All jobs</a>
      </p>
    </div>
  );
}

/** The page of an address that is none. */
export const NoSuchPage = () => <NotFoundPage />;
