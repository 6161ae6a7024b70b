import { INTERRUPTED } from './exit-codes.js';
import type { CommandServer } from './own-server.js';

/** What Ctrl-C does to work that a server has begun. */
export interface Stopping {
  /** Undefined where the server is not the command's own: whoever follows the work then leaves it. */
  interrupt: (() => void) | undefined;
  /** The exit code: that of Ctrl-C where it was pressed. */
  exitCode<C extends number>(otherwise: C): C | typeof INTERRUPTED;
}

/**
 * Hands Ctrl-C over to work whose server ends with the command: it is cancelled and said to be. `what` is as in "job
 * 1a2b".
 */
export function stopWithServer(server: CommandServer, what: string, cancel: () => Promise<unknown>): Stopping {
  server.handOverInterrupts();
  if (server.ownFolder === null) return { interrupt: undefined, exitCode: (otherwise) => otherwise };
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
    const why = 'for its server ends with this command; stages that are done are kept';
    process.stderr.write(`\n${what} is stopped, ${why}\n`);
    // What ended in the same moment cannot be cancelled, and need not be.
    cancel().catch(() => undefined);
  };
  return { interrupt, exitCode: (otherwise) => (isInterrupted ? INTERRUPTED : otherwise) };
}
