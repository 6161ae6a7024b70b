/**
 * Calls `act` once when the parent that forked this process is gone: it may have gone while our modules were loaded,
 * before anybody could listen.
 */
export function whenOrphaned(process: Pick<NodeJS.Process, 'connected' | 'once'>, act: () => void): void {
  // Undefined for a process that was never forked.
  if (process.connected === false) act();
  else process.once('disconnect', act);
}
