#!/usr/bin/env node
import { ConfigError } from '#contracts';
import { outliveOutput } from '#process';
import { Command, CommanderError } from 'commander';
import { addArtifactCommands } from './commands/artifacts.js';
import { addDatasetCommands } from './commands/datasets.js';
import { addJobCommands } from './commands/jobs.js';
import { addModelCommands } from './commands/models.js';
import { addPassCommands } from './commands/passes.js';
import { addReportCommand } from './commands/report.js';
import { addRunCommand } from './commands/run.js';
import { addUpCommand } from './commands/up.js';
import { CliError } from './errors.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { addGlobalOptions, globalOptionsOf, spreadGlobalOptions } from './global-options.js';
import { systemWords } from './system-words.js';
import { version } from './version.js';

const COMMANDS = [
  addUpCommand,
  addModelCommands,
  addDatasetCommands,
  addRunCommand,
  addJobCommands,
  addReportCommand,
  addArtifactCommands,
  addPassCommands,
];

/** The whole command line; separate from running it, so that tests can look at it. */
export function buildProgram(): Command {
  const program = new Command('coldpress')
    .description('Make neural networks small and fast enough for edge devices')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(--help lists the commands)');
  addGlobalOptions(program);
  for (const add of COMMANDS) add(program);
  spreadGlobalOptions(program);
  return program;
}

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
  if (error instanceof ConfigError) return { code: error.code, message: error.message, exitCode: EXIT.usage };
  const words = systemWords(error);
  if (words !== undefined) return { code: 'file', message: words, exitCode: EXIT.failed };
  return { code: 'unexpected', message: error instanceof Error ? error.message : String(error), exitCode: EXIT.failed };
}

outliveOutput(process);
await main();
