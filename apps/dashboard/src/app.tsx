import { useQueryClient } from '@tanstack/react-query';
import { Suspense, useEffect, useRef, useState, type RefObject } from 'react';
import { apiKey } from './api/api-key.js';
import { Finder } from './components/finder.js';
import { KeyHelp } from './components/key-help.js';
import { LostNotice } from './components/lost-notice.js';
import { PageBoundary } from './components/page-boundary.js';
import { RoleNote } from './components/role-button.js';
import { SignOutButton } from './components/sign-out-button.js';
import { forgetKept } from './kept.js';
import { PAGES } from './pages.js';
import { SignInPage } from './pages/sign-in.js';
import { useRoute, type PageName, type PageRoute } from './route.js';

/** The top bar, with the pages that belong to each entry besides its own. */
const BAR: readonly { page: PageName; title: string; also: readonly PageName[] }[] = [
  { page: 'jobs', title: 'Jobs', also: ['job', 'compare'] },
  { page: 'sweeps', title: 'Sweeps', also: ['sweep'] },
  { page: 'models', title: 'Models', also: ['model'] },
  { page: 'data', title: 'Data', also: [] },
  { page: 'devices', title: 'Devices', also: ['device'] },
  { page: 'system', title: 'System', also: ['api'] },
];

export function App() {
  const [signedIn, setSignedIn] = useState(apiKey.get() !== null);
  const queries = useQueryClient();
  const isOpen = useRoute().page === 'api';
  if (!signedIn && !isOpen) return <SignInPage onSignedIn={() => setSignedIn(true)} />;
  const signOut = () => {
    apiKey.clear();
    sessionStorage.clear();
    // What one key has read is nothing to the next.
    queries.clear();
    forgetKept();
    setSignedIn(false);
    // The documentation of the API is open to all: who signs out there is led to the sign-in.
    if (isOpen) location.assign('/#/jobs');
  };
  return <SignedIn onSignOut={signOut} />;
}

function SignedIn({ onSignOut }: { onSignOut: () => void }) {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  useFocusOnNewPage(main, `${route.page} ${route.id}`);
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
      <KeyHelp />
      <main id="main" ref={main} tabIndex={-1}>
        <LostNotice />
        {route.page !== 'api' && <RoleNote needs="member" what="What would change something" />}
        <PageBoundary key={`${route.page} ${route.id}`}>
          <Page route={route} />
        </PageBoundary>
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

function Bar({ route, onSignOut }: { route: PageRoute; onSignOut: () => void }) {
  return (
    <header className="bar">
      <a className="brand" href="/#/jobs">
        <img src="/icon.svg" alt="" width="24" height="24" /> Coldpress
      </a>
      <nav aria-label="Main">
        {BAR.map(({ page, title, also }) => (
          <a
            key={page}
            href={`/#/${page}`}
            aria-current={route.page === page ? 'page' : also.includes(route.page) ? 'true' : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      <Finder />
      <a className="button" href="/#/new" aria-current={route.page === 'new' ? 'page' : undefined}>
        New
      </a>
      <SignOutButton onSignOut={onSignOut} />
    </header>
  );
}

function Page({ route: { page, id, query } }: { route: PageRoute }) {
  const Shown = PAGES[page];
  return (
    <Suspense fallback={<p className="quiet">Loading…</p>}>
      <Shown id={id} query={query} />
    </Suspense>
  );
}
