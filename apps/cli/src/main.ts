#!/usr/bin/env node
import { ClientError } from '#client';
import { ConfigError } from '#contracts';
import { outliveOutput } from '#process';
import { CommanderError } from 'commander';
import { CliError, ofCall } from './errors.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { globalOptionsOf } from './global-options.js';
import { buildProgram } from './program.js';
import { systemWords } from './system-words.js';

async function main(): Promise<void> {
  const program = buildProgram();
  let json: boolean | undefined;
  program.hook('preAction', (_program, command) => void (json = globalOptionsOf(command).json));
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = fail(error, json);
  }
}

function fail(error: unknown, json: boolean | undefined): ExitCode | number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { code, message, exitCode } = describe(error);
  process.stderr.write(json ? `${JSON.stringify({ code, message })}\n` : `coldpress: ${message}\n`);
  return exitCode;
}

function describe(error: unknown): { code: string; message: string; exitCode: ExitCode } {
  if (error instanceof CliError) return error;
  if (error instanceof ClientError) return ofCall(error);
  if (error instanceof ConfigError) return { code: error.code, message: error.message, exitCode: EXIT.usage };
  const words = systemWords(error);
  if (words !== undefined) return { code: 'file', message: words, exitCode: EXIT.failed };
  return { code: 'unexpected', message: error instanceof Error ? error.message : String(error), exitCode: EXIT.failed };
}

outliveOutput(process);
await main();
