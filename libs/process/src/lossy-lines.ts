import { write, writeSync } from 'node:fs';

/** Lines that wait for a slow reader; what is above that is dropped. */
const MAX_WAITING = 10_000;
const BUSY_MS = 50;

/**
 * Writes lines to a descriptor in their order, behind our back: a log is a side output. Lines that cannot be written,
 * as on a full disk or to a reader that is gone, are dropped; the next line that can be written says how many.
 */
export function lossyLines({ fd }: { fd: number }): { write(line: string): void } {
  const waiting: string[] = [];
  let dropped = 0;
  let isWriting = false;
  const finish = (text: string, error: NodeJS.ErrnoException | null, written: number): void => {
    const rest = error ? '' : Buffer.from(text).subarray(written).toString();
    if (error?.code === 'EAGAIN') setTimeout(send, BUSY_MS, text).unref();
    else if (rest !== '') send(rest);
    else {
      dropped = error ? dropped + text.split('\n').length - 1 : 0;
      isWriting = false;
      next();
    }
  };
  const send = (text: string): void => write(fd, text, (error, written) => finish(text, error, written));
  const next = (): void => {
    if (isWriting || waiting.length === 0) return;
    isWriting = true;
    const notice = dropped > 0 ? `{"level":40,"msg":"${dropped} lines before this one could not be written"}\n` : '';
    send(notice + waiting.splice(0).join(''));
  };
  process.once('exit', () => flush(fd, waiting));
  return {
    write: (line) => {
      if (waiting.length < MAX_WAITING) waiting.push(line);
      else dropped += 1;
      next();
    },
  };
}

function flush(fd: number, lines: readonly string[]): void {
  try {
    writeSync(fd, lines.join(''));
  } catch {
    // Nobody reads them.
  }
}

/** A standard output that cannot be written to, full or closed, does not end the process. */
export function outliveOutput({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): void {
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
}
