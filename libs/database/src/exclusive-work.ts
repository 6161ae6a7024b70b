import { dedicatedClient, QUERY_TIMEOUT_MS } from './database.js';

/** Work that one process at a time does, whichever comes first; the others go on without it. */
export class ExclusiveWork {
  constructor(
    private readonly url: string,
    private readonly name: string,
  ) {}

  /**
   * Does the work unless another process is at it; false then. The lock lives as long as its connection: a killed
   * process frees it.
   */
  async tryRun(work: () => Promise<void>): Promise<boolean> {
    const client = await dedicatedClient(this.url, { query_timeout: QUERY_TIMEOUT_MS });
    try {
      const { rows } = await client.query<{ held: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as held',
        [`coldpress ${this.name}`],
      );
      if (!rows[0]?.held) return false;
      await work();
      return true;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
