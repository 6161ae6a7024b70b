/** Base of what libs/process throws; `permanent` says whether the same request would fail again. */
export class ProcessError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly permanent: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The work itself failed and said why: the code and message are those of the library that refused. */
export class ReportedError extends ProcessError {
  constructor(
    code: string,
    message: string,
    permanent: boolean,
    readonly remoteStack?: string,
  ) {
    super(code, message, permanent);
  }
}

/** The process took more memory than it may and was killed. */
export class OutOfMemoryError extends ProcessError {
  constructor(
    readonly ceilingMb: number,
    readonly reachedMb: number | null,
  ) {
    const reached = reachedMb === null ? '' : ` (it had reached ${reachedMb} MiB)`;
    super(
      'out_of_memory',
      `the process passed its memory ceiling of ${ceilingMb} MiB${reached}: raise COLDPRESS_STAGE_MEMORY_MB, ` +
        'or use a smaller model, batch or number of samples',
      true,
    );
  }
}

/** The process did not end in time and was killed. */
export class DeadlineError extends ProcessError {
  constructor(readonly timeoutMs: number) {
    super(
      'deadline',
      `the process was not done after ${Math.round(timeoutMs / 1000)} s: raise COLDPRESS_STAGE_TIMEOUT_S, or ` +
        'give it less to do',
      true,
    );
  }
}

/** The process ended by itself without a result, as after a segmentation fault in native code. */
export class CrashError extends ProcessError {
  constructor(
    readonly exitCode: number | null,
    readonly signal: NodeJS.Signals | null,
    readonly stderrTail: string,
  ) {
    super('crashed', `the process crashed with ${signal ?? `exit code ${exitCode}`}${lastWords(stderrTail)}`, true);
  }
}

/**
 * Somebody outside killed the process, as the kernel does when the machine runs out of memory; another attempt may
 * pass.
 */
export class ProcessLostError extends ProcessError {
  constructor(
    readonly signal: NodeJS.Signals,
    readonly stderrTail: string,
  ) {
    super('process_lost', `the process was killed from outside with ${signal}${lastWords(stderrTail)}`, false);
  }
}

/** The process could not be started. */
export class LaunchError extends ProcessError {
  constructor(modulePath: string, problem: string, options?: ErrorOptions) {
    super('launch', `cannot run ${modulePath}: ${problem}`, false, options);
  }
}

/** The process was killed because its caller asked for it. */
export class AbortedError extends ProcessError {
  constructor(readonly reason: unknown) {
    super('aborted', `the process was killed on request${reason instanceof Error ? `: ${reason.message}` : ''}`, true, {
      cause: reason,
    });
  }
}

function lastWords(stderrTail: string): string {
  const words = stderrTail.trim();
  return words === '' ? '' : `; its last words: ${words}`;
}
