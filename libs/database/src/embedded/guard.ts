import { type ChildProcessByStdio, spawn, type StdioOptions } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/**
 * Runs a program until our end of its pipe closes, which the system does when we die in whatever way, and then sends it
 * a signal, until it has ended: a shell's background processes ignore INT until they say otherwise, so that one which has
 * just begun does not notice. INT is PostgreSQL's fast shutdown. The shell's session is its own: Ctrl-C in our terminal reaches us alone,
 * so that we stop things in the right order.
 */
const GUARD = `
stop=$1
shift
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{ read -r _ <&3; while kill -"$stop" "$server"; do sleep 0.2; done; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

export interface GuardOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly uid?: number;
  readonly gid?: number;
  readonly stop?: 'INT' | 'KILL';
  /** Open files that the program finds as 4, 5, …; the guard needs 3 for itself. */
  readonly descriptors?: readonly number[];
}

/** The program's standard input is the guard's pipe: end it to stop the program. */
export function spawnGuarded(
  program: string,
  args: readonly string[],
  { stop = 'INT', descriptors = [], ...options }: GuardOptions,
): ChildProcessByStdio<Writable, null, Readable> {
  const stdio: StdioOptions = ['pipe', 'ignore', 'pipe', 'ignore', ...descriptors];
  const guarded = ['-c', GUARD, 'guard', stop, program, ...args];
  const spawned = spawn('/bin/sh', guarded, { ...options, detached: true, stdio });
  const child = spawned as ChildProcessByStdio<Writable, null, Readable>;
  child.stdin.on('error', () => {});
  return child;
}
