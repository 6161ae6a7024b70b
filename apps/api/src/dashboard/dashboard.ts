import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import precompressed from 'express-static-gzip';

/** A browser that opens /docs gets the page, which shows the document as well. */
const OURS = /^\/(v1|docs\/|health|ready|openapi\.(json|yaml)|agent[\w.-]*\.tgz)(\/|$)/;
/** Files whose names change with what is in them. */
const HASHED = /[\\/]assets[\\/]/;

/**
 * Serves the built page, if there is one: its files, as brotli or gzip where the browser takes it and the build has it,
 * and the page itself for every other address that a browser opens.
 */
export function serveDashboard(app: NestExpressApplication, path: string | undefined): void {
  if (path === undefined || !existsSync(join(path, 'index.html'))) return;
  const setHeaders = (response: ServerResponse, file: string) => {
    response.setHeader('cache-control', HASHED.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache');
  };
  const sendFile = precompressed(path, {
    enableBrotli: true,
    orderPreference: ['br', 'gz'],
    index: 'index.html',
    serveStatic: { setHeaders },
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (OURS.test(request.path) || !isReadable(request.path)) next();
    else sendFile(request, response, next);
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    const isPage = request.method === 'GET' && !OURS.test(request.path) && request.accepts(['json', 'html']) === 'html';
    if (isPage) response.setHeader('cache-control', 'no-cache').sendFile(pageOf(request.path), { root: path });
    else next();
  });
}

/** A browser becomes a device on a page of its own, which loads nothing of the dashboard. */
const pageOf = (path: string): string => (/^\/device\/?$/.test(path) ? 'device.html' : 'index.html');

/** What cannot be decoded names no file; the API says what is wrong with it. */
function isReadable(path: string): boolean {
  try {
    return decodeURIComponent(path) !== '';
  } catch {
    return false;
  }
}
