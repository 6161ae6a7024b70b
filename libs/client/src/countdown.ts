/** Calls `end` once it has not been restarted for so many milliseconds. */
export class Countdown {
  private timer: ReturnType<typeof setTimeout>;

  constructor(
    private readonly milliseconds: number,
    private readonly end: () => void,
  ) {
    this.timer = setTimeout(end, milliseconds);
  }

  restart(): void {
    this.stop();
    this.timer = setTimeout(this.end, this.milliseconds);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
