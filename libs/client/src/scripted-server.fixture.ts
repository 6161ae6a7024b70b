import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a test's server does with a request. */
export type Reply = (response: ServerResponse, request: IncomingMessage) => void;

export interface ScriptedServer {
  url: string;
  requests: { method: string; url: string; headers: IncomingMessage['headers'] }[];
  close(): Promise<void>;
}

/** An HTTP server that gives each request the next reply, the last one again and again. */
export async function scriptedServer(...replies: readonly Reply[]): Promise<ScriptedServer> {
  const requests: ScriptedServer['requests'] = [];
  const server = createServer((request, response) => {
    const reply = replies[Math.min(requests.length, replies.length - 1)];
    requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    request.resume();
    request.on('end', () => reply?.(response, request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An answer of JSON. */
export const answers =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

/** A problem of the API. */
export const refuses = (status: number, code: string, headers: Record<string, string> = {}): Reply =>
  answers({ type: `urn:${code}`, title: 'No', status, code, detail: `no: ${code}` }, status, headers);

/** The connection breaks without an answer. */
export const breaks: Reply = (response) => response.destroy();

/** Server-sent events; then the connection closes, breaks, or stays. */
export const streams =
  (events: readonly { id?: number; data: unknown }[], end: 'close' | 'break' | 'stay' = 'close'): Reply =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const { id, data } of events)
      response.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
    if (end === 'close') response.end();
    if (end === 'break') setImmediate(() => response.destroy());
  };
