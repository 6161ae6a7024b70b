import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { parseConfig, refuseStart } from '#contracts';
import { outliveOutput, whenOrphaned } from '#process';
import { WorkerModule } from './worker.module.js';

/** After so long a server that does not answer may no longer hold up the exit. */
const STOP_MS = 15_000;

/** Standard output carries one line, by which a supervisor knows that the worker is ready or why it is not. */
async function main(): Promise<void> {
  const config = parseConfig(process.env);
  let isReady = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => (isReady ? setTimeout(() => process.exit(1), STOP_MS).unref() : process.exit(0)));
  }
  // A supervisor that was killed closes the channel: nothing may outlive it.
  whenOrphaned(process, () => void process.kill(process.pid, 'SIGTERM'));
  const app = await NestFactory.createApplicationContext(WorkerModule.with(config), {
    logger: false,
    abortOnError: false,
  });
  app.enableShutdownHooks();
  isReady = true;
  process.stdout.write(`${JSON.stringify({ ready: true, role: 'worker', pid: process.pid })}\n`);
}

outliveOutput(process);
main().catch((error: unknown) => refuseStart('worker', error, process));
