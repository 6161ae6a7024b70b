// npm passes a SIGTERM on to its shell, which dies without telling us: whoever lost npm as an ancestor ends as if told.
const CHECK_MS = 500;

/** Under npm, turns the loss of the parent process into a SIGTERM of this one. Without npm it does nothing. */
export function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, CHECK_MS);
  timer.unref();
}
