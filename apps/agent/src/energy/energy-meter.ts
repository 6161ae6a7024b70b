import type { EnergySource } from './source.js';

const MS = 1000;
/** How often power is read; sensors tell a new value some ten times a second. */
const EVERY_MS = 20;

/** What a window came to; joules are null where the source stopped telling. */
export interface MeteredWindow {
  joules: number | null;
  seconds: number;
}

/** Energy of stretches of time, by one source: the difference of counters, or power read again and again. */
export class EnergyMeter {
  private from: number[] | null = null;
  private startMs = 0;
  private readonly watts: number[] = [];
  private hasGap = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly source: EnergySource,
    private readonly clock: { now(): number } = performance,
  ) {}

  begin(): void {
    this.startMs = this.clock.now();
    this.watts.length = 0;
    this.hasGap = false;
    if (this.source.unit === 'joules') this.from = this.source.read();
    else {
      this.sample();
      this.timer = setInterval(() => this.sample(), EVERY_MS);
    }
  }

  end(): MeteredWindow {
    clearInterval(this.timer);
    const seconds = (this.clock.now() - this.startMs) / MS;
    if (this.source.unit === 'joules') return { joules: this.counted(), seconds };
    this.sample();
    const mean = this.watts.reduce((sum, value) => sum + value, 0) / this.watts.length;
    return { joules: this.hasGap ? null : mean * seconds, seconds };
  }

  private sample(): void {
    const values = this.source.read();
    if (values) this.watts.push(sum(values));
    else this.hasGap = true;
  }

  private counted(): number | null {
    const { from } = this;
    const to = this.source.read();
    if (!from || !to) return null;
    return sum(to.map((value, i) => risen(from[i] ?? value, value, this.source.wrapsAt[i] ?? Infinity)));
  }
}

/** A counter that is lower than before has begun anew, once: windows are far shorter than that takes. */
const risen = (from: number, to: number, wrapsAt: number): number =>
  to >= from || wrapsAt === Infinity ? Math.max(0, to - from) : to - from + wrapsAt;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
