/** What a script can learn from `$?`; apps/cli/README.md lists them. */
export const EXIT = {
  ok: 0,
  /** The request was understood and refused, or a job failed or was cancelled. */
  failed: 1,
  /** The command line, a recipe or a file on it is wrong. */
  usage: 2,
  /** The job succeeded and its model misses a gate, or a gate of a stage stopped it. */
  gates: 3,
  /** No server answered. */
  unreachable: 4,
  /** The key is missing or wrong. */
  unauthorized: 5,
} as const;
/** The exit code of a program that Ctrl-C ended, as shells count it. */
export const INTERRUPTED = 130;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
