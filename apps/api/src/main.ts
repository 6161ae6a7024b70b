import 'reflect-metadata';
import { parseConfig, refuseStart } from '#contracts';
import { outliveOutput, whenOrphaned } from '#process';
import { startApi } from './app.js';

/** After so long a server that does not answer may no longer hold up the exit. */
const STOP_MS = 15_000;

/** Prints one line of JSON when it listens, runs until SIGTERM, SIGINT or the loss of its parent, and ends cleanly. */
async function main(): Promise<void> {
  // Before it listens there is nothing to end in order.
  let isReady = false;
  whenOrphaned(process, () => (isReady ? stop() : process.exit(0)));
  const { app, url, firstKey } = await startApi(parseConfig(process.env));
  let stopping: Promise<void> | undefined;
  const stop = () => {
    setTimeout(() => process.exit(1), STOP_MS).unref();
    stopping ??= app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  isReady = true;
  const key = firstKey === null ? {} : { apiKey: firstKey };
  const line = JSON.stringify({ ready: true, url, pid: process.pid, ...key });
  process.stdout.write(`${line}\n`);
}

outliveOutput(process);
main().catch((error: unknown) => refuseStart('api', error, process));
