import { z } from 'zod';

/**
 * The one line of JSON on standard output by which a server tells its supervisor that it is ready, or why it cannot be.
 */
export const StartLine = z.union([
  z.object({ ready: z.literal(true) }).loose(),
  z.object({
    ready: z.literal(false),
    message: z.string(),
    /** Another start would fail in the same way: the configuration, the port or the database is not fit. */
    permanent: z.boolean(),
  }),
]);
export type StartLine = z.infer<typeof StartLine>;

/** Codes of failures that no further start can mend. */
const PERMANENT = new Set([
  'config',
  'EADDRINUSE',
  'EACCES',
  'EADDRNOTAVAIL',
  'database_newer',
  'database_shape',
  'uri_not_allowed',
]);

/** Why a server did not start, in words. */
export function startFailure(error: unknown): Extract<StartLine, { ready: false }> {
  const facts = Object(error) as { code?: unknown; message?: unknown; port?: unknown; address?: unknown };
  return {
    ready: false,
    message: inWords(facts) ?? String(facts.message || error),
    permanent: PERMANENT.has(String(facts.code)),
  };
}

function inWords({ code, port, address }: { code?: unknown; port?: unknown; address?: unknown }): string | undefined {
  if (port === undefined) return undefined;
  if (code === 'EADDRINUSE') return `port ${String(port)} is in use: choose another with --port or COLDPRESS_PORT`;
  if (code === 'EACCES')
    return `port ${String(port)} is not open to this user: choose one above 1023 with --port or COLDPRESS_PORT`;
  if (code === 'EADDRNOTAVAIL')
    return `${String(address)} is not an address of this machine: choose another with --host or COLDPRESS_HOST`;
  return undefined;
}

/** Ends a process that cannot start: the line for its supervisor, the words for people. */
export function refuseStart(
  name: string,
  error: unknown,
  process: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'exit'>,
): void {
  const failure = startFailure(error);
  process.stderr.write(`coldpress ${name}: ${failure.message}\n`);
  process.stdout.write(`${JSON.stringify(failure)}\n`, () => process.exit(1));
}
