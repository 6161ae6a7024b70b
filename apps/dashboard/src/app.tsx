import { useState } from 'react';
import { apiKey } from './api/client.js';
import { ComparePage } from './pages/compare.js';
import { JobPage } from './pages/job.js';
import { JobsPage } from './pages/jobs.js';
import { NewJobPage } from './pages/new-job.js';
import { SignInPage } from './pages/sign-in.js';
import { useRoute } from './route.js';

export function App() {
  const [signedIn, setSignedIn] = useState(apiKey.get() !== null);
  const signOut = () => {
    apiKey.clear();
    setSignedIn(false);
  };
  if (!signedIn) return <SignInPage onSignedIn={() => setSignedIn(true)} />;
  return (
    <>
      <header className="bar">
        <a className="brand" href="#/jobs">
          <img src="/icon.svg" alt="" width="24" height="24" /> Coldpress
        </a>
        <nav aria-label="Main">
          <a href="#/jobs">Jobs</a>
          <a href="#/compare">Compare</a>
          <a href="#/new">New job</a>
          <a href="/docs" target="_blank" rel="noreferrer">
            API
          </a>
        </nav>
        <button type="button" className="quiet" onClick={signOut}>
          Sign out
        </button>
      </header>
      <main>
        <Page />
      </main>
    </>
  );
}

function Page() {
  const route = useRoute();
  switch (route.page) {
    case 'jobs':
      return <JobsPage />;
    case 'job':
      return <JobPage key={route.id} id={route.id} />;
    case 'compare':
      return <ComparePage />;
    case 'new':
      return <NewJobPage />;
  }
}
