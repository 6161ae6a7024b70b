/** Pauses before a server that died is started again; the last one repeats. */
const RESTART_AFTER_MS = [200, 1000, 5000, 15_000];

export interface Running {
  /** Resolves with how it ended, in words, asked to or not. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface Kept<T extends Running> {
  readonly first: T;
  stop(): Promise<void>;
}

/** Starts a server and starts it again whenever it ends, with a pause that grows while that fails. Throws what the first start throws. */
export async function keepRunning<T extends Running>(name: string, start: (first?: T) => Promise<T>, log: (line: string) => void): Promise<Kept<T>> {
  const first = await start();
  let current: T | undefined = first;
  let stopping = false;
  let wake = (): void => undefined;
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => (clearTimeout(timer), resolve());
    });
  const watch = async () => {
    for (let failures = 0; !stopping; ) {
      if (current) {
        const how = await current.ended;
        if (stopping) return;
        log(`${name}: stopped unexpectedly (${how}); starting it again`);
        await current.stop();
      }
      await pause(RESTART_AFTER_MS[Math.min(failures, RESTART_AFTER_MS.length - 1)]!);
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
