import { appendFileSync } from 'node:fs';

/**
 * The log of a local server. A line that cannot be written, as on a full disk, is dropped: the servers go on, and the
 * log says so later.
 */
export class LogFile {
  private dropped = 0;

  constructor(readonly path: string) {}

  write(line: string): void {
    const notice = this.dropped > 0 ? `up: ${this.dropped} lines could not be written here\n` : '';
    try {
      appendFileSync(this.path, `${notice}${line}\n`);
      this.dropped = 0;
    } catch {
      this.dropped += 1;
    }
  }
}
