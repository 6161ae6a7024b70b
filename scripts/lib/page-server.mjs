import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { ROOT } from './run.mjs';

/** What the page asks of the API, and people beside it. */
const ROUTES = ['/v1', '/docs', '/health', '/ready', '/openapi.json'];

/**
 * Serves the page from its sources, which change in place, and hands its requests on to the API. The watcher may watch
 * other files too.
 */
export async function servePage({ api, port }) {
  const { createServer: createVite } = await import('vite');
  // A server of ours: with its own, Vite would end the process at SIGTERM, whatever else has to end before.
  const http = createServer((request, response) => vite.middlewares(request, response));
  const vite = await createVite({
    root: join(ROOT, 'apps/dashboard'),
    configFile: join(ROOT, 'apps/dashboard/vite.config.ts'),
    cacheDir: join(ROOT, 'dist/.vite'),
    logLevel: 'warn',
    server: {
      middlewareMode: true,
      hmr: { server: http },
      proxy: Object.fromEntries(ROUTES.map((route) => [route, api])),
    },
  });
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  const stop = async () => {
    await vite.close();
    http.closeAllConnections();
    http.close();
  };
  return { watcher: vite.watcher, url: `http://127.0.0.1:${http.address().port}`, stop };
}
