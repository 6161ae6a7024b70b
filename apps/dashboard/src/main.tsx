import './no-eval.js';
import { isPassing, pauseBefore } from '#client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import './style.css';

// A query that lost the server is asked until it answers, and `LostNotice` says so. The server may be this machine's own:
// whether the browser is online tells nothing of it.
const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (_, error) => isPassing(error),
      retryDelay: (retries) => pauseBefore(retries + 1),
      networkMode: 'always',
      staleTime: 10_000,
    },
    mutations: { networkMode: 'always' },
  },
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
