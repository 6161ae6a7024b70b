import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

const OURS = /^\/(v1|docs|health|ready|openapi\.(json|yaml))(\/|$)/;

/** Serves the built page, if there is one: its files, and the page itself for every other address that a browser opens. */
export function serveDashboard(app: NestExpressApplication, path: string | undefined): void {
  if (path === undefined || !existsSync(join(path, 'index.html'))) return;
  app.useStaticAssets(path, {
    index: 'index.html',
    setHeaders: (response: Response, file: string) => {
      response.setHeader(
        'cache-control',
        /[\\/]assets[\\/]/.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    const isPage = request.method === 'GET' && !OURS.test(request.path) && request.accepts(['json', 'html']) === 'html';
    if (isPage) response.setHeader('cache-control', 'no-cache').sendFile('index.html', { root: path });
    else next();
  });
}
