import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Response } from 'express';
import express from 'express';
import { SseWriter } from './sse-writer.js';

describe('server-sent events', () => {
  let server: Server;
  /** What the server does with a client. */
  let serve: (writer: SseWriter, response: Response) => unknown;
  beforeEach(async () => {
    server = createServer(
      express().use((_request, response: Response) => void serve(new SseWriter(response), response)),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function open(): Promise<IncomingMessage> {
    const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response.setEncoding('utf8');
  }

  it('come with their ids, one for which nobody resumes without, and are kept by nobody on the way', async () => {
    serve = async (writer) => {
      await writer.send({ type: 'log', index: 0, line: 'two\nlines' }, 7);
      await writer.send({ type: 'log', index: 0, line: 'no id' });
      writer.end();
    };
    const response = await open();
    const text = (await response.toArray()).join('');
    expect(text.split('\n\n').slice(0, -1)).toEqual([
      'retry: 1000',
      'id: 7\ndata: {"type":"log","index":0,"line":"two\\nlines"}',
      'data: {"type":"log","index":0,"line":"no id"}',
    ]);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
  });

  it('are written no faster than the client reads: nothing is left in memory when an event has been sent', async () => {
    const left: number[] = [];
    serve = async (writer, response) => {
      for (let index = 0; index < 32; index++) {
        await writer.send({ type: 'log', index, line: 'x'.repeat(1 << 20) });
        left.push(response.writableLength);
      }
      writer.end();
    };
    const text = (await (await open()).toArray()).join('');
    expect(text.length).toBeGreaterThan(32 * (1 << 20));
    expect(left).toEqual(Array(32).fill(0));
  });

  it('end for the writer when the client goes away', async () => {
    const isGone = new Promise<void>((resolve) => {
      serve = (writer) => writer.signal.addEventListener('abort', () => resolve());
    });
    (await open()).destroy();
    await isGone;
  });
});
