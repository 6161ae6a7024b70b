import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/client.js';
import { App } from './app.js';
import './style.css';

/** A refusal stays one; a lost connection or a server that is busy may not. */
const mayHelp = (failures: number, error: Error): boolean =>
  failures < 2 && !(error instanceof ApiError && error.problem.status < 500 && error.problem.status !== 429);

const client = new QueryClient({ defaultOptions: { queries: { retry: mayHelp, staleTime: 10_000 } } });

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
