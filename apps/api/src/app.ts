import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ConfigError, told, type Config } from '#contracts';
import { ApiKeyRepository } from '#database';
import { allowedPrefixes } from '#storage';
import { AppModule } from './app.module.js';
import { rememberCaller } from './auth/caller.js';
import { ensureFirstKey } from './auth/first-key.js';
import { serveDashboard } from './dashboard/dashboard.js';
import { useJsonBodies } from './json-body.js';
import { serveOpenApi } from './openapi/document.js';
import { answerClientErrors } from './problems/client-error.js';
import { serveQueueBoard } from './queues/queue-board.js';
import { securityHeaders } from './security-headers.js';

export interface RunningApi {
  app: NestExpressApplication;
  url: string;
  /** A key that this start made; it is shown once. */
  firstKey: string | null;
}

/** An upload of gigabytes over a slow line takes its time. */
const REQUEST_TIMEOUT_MS = 6 * 3600_000;
/** Clients end idle connections first: a request on one that is being closed would be lost, whatever it was to do. */
const KEEP_ALIVE_MS = 75_000;

/** Builds the API and listens. Throws when a server behind it does not answer. */
export async function startApi(config: Config): Promise<RunningApi> {
  const app = await createApi(config);
  const firstKey = await ensureFirstKey(app.get(ApiKeyRepository), config.apiKeyFile);
  const server = (await app.listen(config.port, config.host)) as Server;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  answerClientErrors(server);
  return { app, url: await app.getUrl(), firstKey };
}

/** Whose word on the client's address is taken. Throws ConfigError for what names no addresses. */
function trustProxy(app: NestExpressApplication, setting: string | undefined): void {
  if (setting === undefined) return;
  try {
    app.set('trust proxy', /^\d+$/.test(setting) ? Number(setting) : setting);
  } catch (cause) {
    throw new ConfigError(
      [
        {
          field: 'COLDPRESS_TRUST_PROXY',
          message: `${told(setting)} is neither a number of proxies nor a list of addresses`,
        },
      ],
      { cause },
    );
  }
}

async function createApi(config: Config): Promise<NestExpressApplication> {
  // A list that cannot be read is told now, not at the first registration.
  allowedPrefixes(config.importS3);
  // An open event stream must not hold up the end of the process.
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(config), {
    logger: false,
    bodyParser: false,
    forceCloseConnections: true,
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  trustProxy(app, config.trustProxy);
  app.use(securityHeaders);
  useJsonBodies(app);
  app.use(rememberCaller);
  serveQueueBoard(app);
  serveDashboard(app, config.dashboardPath);
  serveOpenApi(app);
  return app;
}
