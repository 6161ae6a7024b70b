import type pg from 'pg';
import { dedicatedClient, QUERY_TIMEOUT_MS } from './database.js';

const RETRY_MS = 500;

/**
 * LISTEN on one channel over one connection per process; a notification's payload is the topic. Notifications are
 * hints: after a lost connection every subscriber is woken, since anything may have been missed.
 */
export class Notifications {
  private readonly subscribers = new Map<string, Set<() => void>>();
  private connecting: Promise<void> | undefined;
  private client: pg.Client | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly channel: string,
  ) {}

  async subscribe(topic: string, wake: () => void): Promise<() => void> {
    const set = this.subscribers.get(topic) ?? new Set();
    this.subscribers.set(topic, set.add(wake));
    await this.listen();
    return () => {
      set.delete(wake);
      if (set.size === 0 && this.subscribers.get(topic) === set) this.subscribers.delete(topic);
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.connecting?.catch(() => undefined);
    await this.client?.end();
    this.client = undefined;
  }

  private listen(): Promise<void> {
    return (this.connecting ??= this.connect().catch((error: unknown) => {
      this.connecting = undefined;
      throw error;
    }));
  }

  private async connect(): Promise<void> {
    const client = await dedicatedClient(this.url, { query_timeout: QUERY_TIMEOUT_MS });
    client.on('notification', ({ payload }) => this.wake(payload ?? ''));
    client.on('end', () => this.reconnect());
    await client.query(`listen ${this.channel}`);
    this.client = client;
  }

  private reconnect(): void {
    this.connecting = undefined;
    this.client = undefined;
    if (this.closed) return;
    this.retry = setTimeout(() => {
      const wakeAll = () => [...this.subscribers.keys()].forEach((topic) => this.wake(topic));
      this.listen().then(wakeAll, () => this.reconnect());
    }, RETRY_MS);
    this.retry.unref();
  }

  private wake(topic: string): void {
    for (const wake of this.subscribers.get(topic) ?? []) wake();
  }
}
