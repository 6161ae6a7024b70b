import { useEffect, useRef, useState, type RefObject } from 'react';
import { apiKey } from './api/api-key.js';
import { ComparePage } from './pages/compare.js';
import { JobPage } from './pages/job.js';
import { JobsPage } from './pages/jobs.js';
import { NewJobPage } from './pages/new-job.js';
import { NotFoundPage } from './pages/not-found.js';
import { SignInPage } from './pages/sign-in.js';
import { useRoute, type Route } from './route.js';

const PAGES = [
  { page: 'jobs', title: 'Jobs' },
  { page: 'compare', title: 'Compare' },
  { page: 'new', title: 'New job' },
] as const;

export function App() {
  const [signedIn, setSignedIn] = useState(apiKey.get() !== null);
  if (!signedIn) return <SignInPage onSignedIn={() => setSignedIn(true)} />;
  const signOut = () => {
    apiKey.clear();
    sessionStorage.clear();
    setSignedIn(false);
  };
  return <SignedIn onSignOut={signOut} />;
}

function SignedIn({ onSignOut }: { onSignOut: () => void }) {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  useFocusOnNewPage(main, route.page === 'job' ? route.id : route.page);
  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the page
      </a>
      <Bar route={route} onSignOut={onSignOut} />
      <main id="main" ref={main} tabIndex={-1}>
        <Page route={route} />
      </main>
    </>
  );
}

/** Who reads with the ears or moves with the keys goes on at the new page. */
function useFocusOnNewPage(main: RefObject<HTMLElement | null>, place: string): void {
  const shown = useRef(place);
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [main, place]);
}

function Bar({ route, onSignOut }: { route: Route; onSignOut: () => void }) {
  const current = (page: string) =>
    route.page === page ? 'page' : route.page === 'job' && page === 'jobs' ? 'true' : undefined;
  return (
    <header className="bar">
      <a className="brand" href="/#/jobs">
        <img src="/icon.svg" alt="" width="24" height="24" /> Coldpress
      </a>
      <nav aria-label="Main">
        {PAGES.map(({ page, title }) => (
          <a key={page} href={`/#/${page}`} aria-current={current(page)}>
            {title}
          </a>
        ))}
        <a href="/docs" target="_blank" rel="noreferrer">
          API
        </a>
      </nav>
      <button type="button" className="quiet" onClick={onSignOut}>
        Sign out
      </button>
    </header>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case 'jobs':
      return <JobsPage query={route.query} />;
    case 'job':
      return <JobPage key={route.id} id={route.id} />;
    case 'compare':
      return <ComparePage query={route.query} />;
    case 'new':
      return <NewJobPage />;
    case 'unknown':
      return <NotFoundPage />;
  }
}
