import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** A command that ended badly; the message says which, the output has been shown or is in `output`. */
export class CommandError extends Error {
  name = 'CommandError';

  constructor(command, code, output) {
    super(`${command} ended with ${code}${output ? `:\n${output}` : ''}`);
    this.code = code;
    this.output = output;
  }
}

/**
 * Runs a program in the repository; resolves to its exit code, passing on our output streams. One that a signal ended
 * has 128 and the signal's number, as in a shell.
 */
export function run(program, args, options = {}) {
  return new Promise((resolveCode, reject) => {
    const child = passSignals(spawn(program, args, { cwd: ROOT, stdio: 'inherit', ...options }));
    child.once('error', reject).once('close', (code, signal) => resolveCode(code ?? 128 + constants.signals[signal]));
  });
}

/** Runs a program quietly and resolves to its output; throws CommandError with the output when it fails. */
export function capture(program, args, options = {}) {
  return new Promise((resolveOutput, reject) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (output += piece));
    child.once('error', reject);
    child.once('close', (code, signal) =>
      code === 0
        ? resolveOutput(output)
        : reject(new CommandError([program, ...args].join(' '), code ?? signal, output)),
    );
  });
}

/**
 * What ends this process from outside ends the child first, and what the child started; a terminal's Ctrl-C reaches
 * the child by itself.
 */
export function passSignals(child) {
  const pass = (signal) => {
    child.kill(signal);
    child.once('close', () => process.kill(process.pid, signal));
  };
  const signals = ['SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.once(signal, pass);
  child.once('close', () => {
    for (const signal of signals) process.off(signal, pass);
  });
  return child;
}
