/**
 * What a pass has to tell beside its result: each line once, in the log when it is known and in the summary at the end.
 */
export class Warnings {
  private readonly lines = new Set<string>();

  constructor(private readonly log: (line: string) => void) {}

  add(...lines: readonly string[]): void {
    for (const line of lines) {
      if (!this.lines.has(line)) this.log(`warning: ${line}`);
      this.lines.add(line);
    }
  }

  /** For the summary; nothing where all is as it was asked for. */
  get summary(): { warnings?: readonly string[] } {
    return this.lines.size > 0 ? { warnings: [...this.lines] } : {};
  }
}
