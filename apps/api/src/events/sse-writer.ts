import { once } from 'node:events';
import type { Response } from 'express';

/** Proxies close a connection that is silent for about a minute. */
const HEARTBEAT_MS = 15_000;
/** How long a client should wait before it connects again. */
const RETRY_MS = 1000;

/** Writes server-sent events no faster than the client reads them, and a comment as heartbeat in between. */
export class SseWriter {
  private readonly gone = new AbortController();
  private readonly heartbeat: NodeJS.Timeout;

  constructor(private readonly response: Response) {
    response.status(200);
    response.setHeader('content-type', 'text/event-stream; charset=utf-8');
    response.setHeader('cache-control', 'no-store, no-transform');
    response.setHeader('x-accel-buffering', 'no');
    response.on('close', () => this.gone.abort());
    response.on('error', () => this.gone.abort());
    // A client that left before these lines closes no more.
    if (response.destroyed) this.gone.abort();
    response.flushHeaders();
    response.write(`retry: ${RETRY_MS}\n\n`);
    this.heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS).unref();
  }

  /** Aborts when the client is gone. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  async send(event: unknown, id?: number): Promise<void> {
    if (this.signal.aborted) return;
    const fields = `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(event)}\n\n`;
    if (!this.response.write(fields))
      await once(this.response, 'drain', { signal: this.signal }).catch(() => undefined);
  }

  end(): void {
    clearInterval(this.heartbeat);
    this.response.end();
  }
}
