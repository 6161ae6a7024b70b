/**
 * What was found out about each of the last `kept` keys: asked for once while it is known, by whoever asks first. What
 * failed is asked for anew.
 */
export class Remembered<Value> {
  private readonly known = new Map<string, Promise<Value>>();

  /** `ask` finds out about keys that are not known, in their order. */
  constructor(
    private readonly kept: number,
    private readonly ask: (keys: readonly string[]) => Promise<readonly Value[]>,
  ) {}

  /** In the order of the keys. Throws what `ask` throws. */
  of(keys: readonly string[]): Promise<Value[]> {
    const unknown = [...new Set(keys)].filter((key) => !this.known.has(key));
    const asked = unknown.length > 0 ? this.ask(unknown) : null;
    for (const [at, key] of unknown.entries()) this.keep(key, asked?.then((values) => values[at]) as Promise<Value>);
    const found = Promise.all(keys.map((key) => this.known.get(key) as Promise<Value>));
    for (const oldest of this.known.keys()) if (this.known.size > this.kept) this.known.delete(oldest);
    return found;
  }

  private keep(key: string, value: Promise<Value>): void {
    this.known.set(key, value);
    value.catch(() => this.known.get(key) === value && this.known.delete(key));
  }
}
