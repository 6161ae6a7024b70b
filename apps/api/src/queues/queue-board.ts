import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { mayActAs } from '#contracts';
import { ApiKeyRepository } from '#database';
import { QUEUE } from '#infrastructure';
import type { StageQueue } from '#queue';

const PATH = '/queues';
/** The board finds its files by a base address. What it would load from other servers stays blocked. */
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:";
const NOT_MORE = "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/**
 * Serves bull-board on the queue of stages, on either backend, to whoever gives the API key of an admin as a password.
 * It only reads: what is queued follows from the records, which the board knows nothing of.
 */
export function serveQueueBoard(app: NestExpressApplication): void {
  const { bull } = app.get<StageQueue>(QUEUE);
  const board = new ExpressAdapter();
  board.setBasePath(PATH);
  // A queue bound to a backend is one of BullMQ's in all but its type.
  const queue = bull as ConstructorParameters<typeof BullMQAdapter>[0];
  createBullBoard({ queues: [new BullMQAdapter(queue, { readOnlyMode: true })], serverAdapter: board });
  const keys = app.get(ApiKeyRepository);
  app.use(PATH, (request: Request, response: Response, next: NextFunction) => {
    response.setHeader('cache-control', 'no-store');
    isAdmin(keys, request).then((admitted) => (admitted ? pass(response, next) : ask(response)), next);
  });
  app.use(PATH, board.getRouter());
}

function pass(response: Response, next: NextFunction): void {
  response.setHeader('content-security-policy', `${POLICY}; ${NOT_MORE}`);
  next();
}

function ask(response: Response): void {
  response.setHeader('www-authenticate', 'Basic realm="Coldpress: the API key of an admin as password"');
  response
    .status(401)
    .type('text')
    .send('This page needs the API key of an admin, as the password; any name will do.\n');
}

/** By HTTP's Basic scheme, which browsers ask people for. */
async function isAdmin(keys: ApiKeyRepository, { headers }: Request): Promise<boolean> {
  const encoded = /^Basic +([\w+/=-]+) *$/i.exec(headers.authorization ?? '')?.[1];
  const key = Buffer.from(encoded ?? '', 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
  const known = key === '' ? null : await keys.verify(key);
  return known !== null && mayActAs(known.role, 'admin');
}
