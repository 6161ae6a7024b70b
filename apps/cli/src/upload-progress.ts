import { formatBytes, formatDuration } from '#contracts';
import type { Screen } from './progress.js';

/** A terminal is drawn anew at most so often, a pipe gets a line: what is shorter than that is not told there. */
const TERMINAL_MS = 100;
const PLAIN_MS = 5000;
/** A check that takes longer is told of. */
const CHECK_MS = 2000;
/** What is sent faster tells nothing of the rest. */
const TELLING_MS = 1000;

/** Shows how far the files of an upload are, in bytes, with the time that is left by its pace. */
export class UploadProgress {
  private sent = 0;
  private total = 0;
  private drawnAt: number;
  private isDrawn = false;
  private isCheckTold = false;
  private sentAt: number;
  private began: number;

  constructor(
    private readonly what: string,
    private readonly screen: Screen = process.stderr,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.began = now();
    this.drawnAt = this.began;
    this.sentAt = this.began;
  }

  /** The bytes as a file of that name, which tells how much of them has been read. */
  file(bytes: Blob, name: string): File {
    this.total += bytes.size;
    // What was done to have the bytes, such as packing a folder, tells nothing of the pace of sending.
    this.began = this.now();
    const file = new File([bytes], name);
    const whole = file.stream.bind(file);
    const transform = (chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>) => {
      this.read(chunk.length);
      controller.enqueue(chunk);
    };
    // What sends the file streams it: its size stays known.
    const stream = () => whole().pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ transform }));
    return Object.defineProperty(file, 'stream', { value: stream });
  }

  /** So many bytes more have been sent. */
  read(bytes: number): void {
    this.sent += bytes;
    const now = this.now();
    this.sentAt = now;
    const isDue = now - this.drawnAt >= (this.screen.isTTY ? TERMINAL_MS : PLAIN_MS);
    if (!isDue && !(this.screen.isTTY && this.sent >= this.total)) return;
    this.drawnAt = now;
    this.draw(this.words(now));
  }

  /** Time goes by: tells of the server's check, which may take longer than the sending. */
  tick(): void {
    const now = this.now();
    if (this.total === 0 || this.sent < this.total || now - this.sentAt < CHECK_MS) return;
    if (this.screen.isTTY || !this.isCheckTold) this.draw(this.words(now));
  }

  /** What is done before anything can be sent. */
  prepare(words: string): void {
    const now = this.now();
    const isFirst = this.screen.isTTY && !this.isDrawn;
    if (!isFirst && now - this.drawnAt < (this.screen.isTTY ? TERMINAL_MS : PLAIN_MS)) return;
    this.drawnAt = now;
    this.draw(words);
  }

  /** Takes the line off a terminal. */
  end(): void {
    if (this.isDrawn && this.screen.isTTY) this.screen.write('\r\u001b[2K');
    this.isDrawn = false;
  }

  private words(now: number): string {
    const { sent, total } = this;
    if (sent >= total) {
      this.isCheckTold = true;
      const waited = now - this.sentAt < CHECK_MS ? '' : `, ${formatDuration(Math.floor((now - this.sentAt) / 1000))}`;
      return `${this.what} is sent, ${formatBytes(total)}: the server checks it${this.screen.isTTY ? waited : ''}`;
    }
    const taken = now - this.began;
    const left = ((taken / 1000) * (total - sent)) / sent;
    const rest = taken < TELLING_MS ? '' : `, about ${formatDuration(left)} left`;
    return `sending ${this.what}: ${formatBytes(sent)} of ${formatBytes(total)}${rest}`;
  }

  private draw(words: string): void {
    this.screen.write(this.screen.isTTY ? `\r\u001b[2K${words}` : `${words}\n`);
    this.isDrawn = true;
  }
}
