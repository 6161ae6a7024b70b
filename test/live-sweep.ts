import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Sweep, SweepEvent } from '#contracts';
import { columnsOf, sweepOf, trialNumbered } from '../bench/dashboard/many-trials.js';

export interface ToldSweep {
  url: string;
  id: string;
  /** Events told until now. */
  told(): number;
  /** From now on the trials change no more. */
  rest(): void;
  close(): Promise<void>;
}

interface LiveSettings {
  /** The server that answers everything else. */
  target: string;
  trials: number;
  /** Trials that change within a second. */
  eventsPerSecond: number;
}

const TICK_MS = 50;

/**
 * Stands before a server as one that has a sweep which runs for ever: it has so many trials, and one after the other
 * changes its figures. Everything else is the server's.
 */
export async function startLiveSweep({ target, trials, eventsPerSecond }: LiveSettings): Promise<ToldSweep> {
  const id = crypto.randomUUID();
  let told = 0;
  let isResting = false;
  const listeners = new Set<ServerResponse>();
  const server = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url ?? '/', target);
    const path = pathname.replace(`/v1/sweeps/${id}`, '');
    if (path === pathname) return pass(target, asked, answer);
    if (path === '/events') return void listen(answer, listeners);
    if (path === '/trials/columns') return sendJson(answer, columnsOf(trials));
    if (path === '') return sendJson(answer, running(id, trials));
    answer.writeHead(404, { 'content-type': 'application/problem+json' }).end(NO_RESULTS);
  });
  const tell = () => {
    for (let each = 0; each < (eventsPerSecond * TICK_MS) / 1000 && !isResting; each++) {
      told++;
      const line = `id: ${told}\ndata: ${JSON.stringify(changed(told, trials))}\n\n`;
      for (const listener of listeners) listener.write(line);
    }
  };
  const timer = setInterval(() => listeners.size > 0 && tell(), TICK_MS);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    id,
    told: () => told,
    rest: () => void (isResting = true),
    close: async () => {
      clearInterval(timer);
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const NO_RESULTS = JSON.stringify({ type: 'x', title: 'x', status: 404, code: 'not_found', detail: 'none yet' });

function running(id: string, trials: number): Sweep {
  const sweep = sweepOf(id, trials);
  return { ...sweep, state: 'running', finishedAt: null, counts: { ...sweep.counts, running: 1 } };
}

/** The next trial in turn, a little better than before. */
function changed(told: number, trials: number): SweepEvent {
  const trial = trialNumbered(told % trials);
  const { metrics } = trial;
  if (!metrics) throw new TypeError(`trial ${trial.number} has no figures`);
  const top1 = Math.min(1, (metrics.top1 ?? 0) + (told % 7) / 1000);
  return { type: 'trial', trial: { ...trial, metrics: { ...metrics, top1 } } };
}

function sendJson(answer: ServerResponse, body: unknown): void {
  answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function listen(answer: ServerResponse, listeners: Set<ServerResponse>): void {
  answer.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 1000\n\n');
  listeners.add(answer);
  answer.on('close', () => listeners.delete(answer));
}

function pass(target: string, asked: IncomingMessage, answer: ServerResponse): void {
  const to = new URL(asked.url ?? '/', target);
  const behind = request(to, { method: asked.method, headers: asked.headers }, (given) => {
    answer.writeHead(given.statusCode ?? 502, given.headers);
    given.pipe(answer);
  });
  behind.on('error', () => answer.destroy());
  asked.pipe(behind);
}
