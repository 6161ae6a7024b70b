/** Pauses before a server that died is started again; the last one repeats. */
const RESTART_AFTER_MS = [200, 1000, 5000, 15_000];
/** Pauses between the first starts; there is one start more than pauses. */
const FIRST_AFTER_MS = [200, 500, 1000, 2000, 4000];

export interface Running {
  /** Resolves with how it ended, in words, asked to or not. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface Kept<T extends Running> {
  readonly first: T;
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
): Promise<Kept<T>> {
  const first = await firstStart(start, keeping);
  const { name, log } = keeping;
  let current: T | undefined = first;
  let stopping = false;
  let wake = (): void => undefined;
  const watch = async () => {
    for (let failures = 0; !stopping;) {
      if (current) {
        const how = await current.ended;
        if (stopping) return;
        log(`${name}: stopped unexpectedly (${how}); starting it again`);
        await current.stop();
      }
      await pause(RESTART_AFTER_MS[Math.min(failures, RESTART_AFTER_MS.length - 1)] ?? 0, (end) => (wake = end));
      if (stopping) return;
      current = await start(first).catch((error: Error) => void log(`${name}: ${error.message}`));
      failures = current ? 0 : failures + 1;
    }
  };
  const watching = watch();
  return {
    first,
    stop: async () => {
      stopping = true;
      wake();
      await current?.stop();
      await watching;
      // A start that was under way has come to an end meanwhile.
      await current?.stop();
    },
  };
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
