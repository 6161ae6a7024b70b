import { Inject, Injectable } from '@nestjs/common';
import { errorCode } from '#contracts';
import type { Database } from '#database';
import { DATABASE, QUEUE, STORE } from '#infrastructure';
import type { StageQueue } from '#queue';
import type { ArtifactStore } from '#storage';

export interface Check {
  ok: boolean;
  error?: string;
}

const CHECK_TIMEOUT_MS = 5000;
/** SHA-256 of nothing: a digest that any store can be asked for. */
const EMPTY_DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

@Injectable()
export class HealthService {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(QUEUE) private readonly queue: StageQueue,
    @Inject(STORE) private readonly store: ArtifactStore,
  ) {}

  /** Asks each server behind the API, with a deadline. */
  async check(): Promise<Record<'database' | 'queue' | 'store', Check>> {
    const [database, queue, store] = await Promise.all([
      outcome(() => this.database.ping()),
      outcome(() => this.queue.counts()),
      outcome(() => this.store.stat(EMPTY_DIGEST)),
    ]);
    return { database, queue, store };
  }
}

async function outcome(check: () => Promise<unknown>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Check>((resolve) => {
    timer = setTimeout(
      () => resolve({ ok: false, error: `no answer within ${CHECK_TIMEOUT_MS / 1000} s` }),
      CHECK_TIMEOUT_MS,
    );
  });
  const answer = check().then(
    () => ({ ok: true }),
    (error: unknown) => ({ ok: false, error: errorCode(error) ?? 'failed' }),
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
