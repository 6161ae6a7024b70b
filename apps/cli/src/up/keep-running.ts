/** Pauses before a server that died is started again; the last one repeats. */
const RESTART_AFTER_MS = [200, 1000, 5000, 15_000];
/** Pauses between the first starts; there is one start more than pauses. */
const FIRST_AFTER_MS = [200, 500, 1000, 2000, 4000];

export interface Running {
  /** Resolves with how it ended, in words, asked to or not. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface KeptRunning<T extends Running> {
  readonly first: T;
  /** Ends the server, so that it is started again at once; resolves when it is up, however many starts that takes, or given up. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Keeping {
  name: string;
  log: (line: string) => void;
  /** Aborts to give up: no further start begins. */
  signal: AbortSignal;
  /** Whether another start would fail in the same way. */
  isPermanent: (error: unknown) => boolean;
}

/**
 * Starts a server and starts it again whenever it does not come up or ends, with a pause that grows while that fails.
 * Throws what the first start throws when that is permanent, has happened too often, or the signal aborts.
 */
export async function keepRunning<T extends Running>(
  start: (first?: T) => Promise<T>,
  keeping: Keeping,
): Promise<KeptRunning<T>> {
  return new Keeper(await firstStart(start, keeping), start, keeping);
}

class Keeper<T extends Running> implements KeptRunning<T> {
  private current: T | undefined;
  private readonly watching: Promise<void>;
  private isStopping = false;
  private isRestarting = false;
  private endPause = (): void => undefined;
  private waiting: (() => void)[] = [];

  constructor(
    readonly first: T,
    private readonly start: (first: T) => Promise<T>,
    private readonly keeping: Keeping,
  ) {
    this.current = first;
    if (keeping.signal.aborted) this.giveUp();
    else keeping.signal.addEventListener('abort', () => this.giveUp(), { once: true });
    this.watching = this.watch();
  }

  async restart(): Promise<void> {
    const isUp = new Promise<void>((resolve) => this.waiting.push(resolve));
    this.isRestarting = true;
    this.endPause();
    await this.current?.stop();
    await isUp;
  }

  async stop(): Promise<void> {
    this.giveUp();
    await this.current?.stop();
    await this.watching;
    // A start that was under way has come to an end meanwhile.
    await this.current?.stop();
  }

  /** No further start begins, and nobody waits for one. */
  private giveUp(): void {
    this.isStopping = true;
    this.endPause();
    this.tellUp();
  }

  private async watch(): Promise<void> {
    for (let failures = 0; !this.isStopping;) {
      if (this.current) await this.ended(this.current);
      if (!this.isStopping && !this.isRestarting) await this.pause(failures);
      if (this.isStopping) return;
      this.isRestarting = false;
      this.current = await this.next();
      failures = this.current ? 0 : failures + 1;
      // Asked anew while it started: it may have loaded what has changed since.
      if (this.isRestarting) await this.current?.stop();
      else if (this.current) this.tellUp();
    }
  }

  private tellUp(): void {
    for (const tell of this.waiting.splice(0)) tell();
  }

  private async ended(server: T): Promise<void> {
    const how = await server.ended;
    if (this.isStopping) return;
    const { name, log } = this.keeping;
    if (!this.isRestarting) log(`${name}: stopped unexpectedly (${how}); starting it again`);
    await server.stop();
  }

  private next(): Promise<T | undefined> {
    const { name, log } = this.keeping;
    return this.start(this.first).catch((error: Error) => void log(`${name}: ${error.message}`));
  }

  private pause(failures: number): Promise<void> {
    const ms = RESTART_AFTER_MS[Math.min(failures, RESTART_AFTER_MS.length - 1)] ?? 0;
    return pause(ms, (end) => (this.endPause = end));
  }
}

async function firstStart<T>(start: () => Promise<T>, { name, log, signal, isPermanent }: Keeping): Promise<T> {
  for (let failures = 0; ; failures++) {
    signal.throwIfAborted();
    try {
      return await start();
    } catch (error) {
      if (signal.aborted || isPermanent(error) || failures === FIRST_AFTER_MS.length) throw error;
      log(`${name}: ${error instanceof Error ? error.message : String(error)}; starting it again`);
    }
    await pause(FIRST_AFTER_MS[failures] ?? 0, (end) => signal.addEventListener('abort', end, { once: true }));
  }
}

/** Resolves after the pause, or when the function that `give` gets is called. */
function pause(ms: number, give: (end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    give(() => (clearTimeout(timer), resolve()));
  });
}
