import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { parseConfig } from '#contracts';
import pino from 'pino';
import { WorkerModule } from './worker.module.js';

const config = parseConfig(process.env);
// Standard output carries one line, by which a supervisor knows that the worker is ready.
const log = pino({ level: config.logLevel, name: 'worker' }, pino.destination(2));

/** After so long a server that does not answer may no longer hold up the exit. */
const STOP_MS = 15_000;

// A supervisor that was killed closes the channel: nothing may outlive it.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
let isReady = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => (isReady ? setTimeout(() => process.exit(1), STOP_MS).unref() : process.exit(0)));
}

const app = await NestFactory.createApplicationContext(WorkerModule.with(config, log), { logger: false, abortOnError: false });
app.enableShutdownHooks();
isReady = true;
process.stdout.write(`${JSON.stringify({ ready: true, role: 'worker', pid: process.pid })}\n`);
