import { seededRandom } from '#numbers';
import type { Clock } from './clock.js';
import type { Subject } from './measure.js';

/** Milliseconds that a run takes on a simulated machine, of a subject that takes `ms` on a quiet one. */
export type Noise = (ms: number, now: number, random: () => number) => number;

/** A machine whose time is simulated: its clock moves only when something runs, or by a little when it is read. */
export class Machine implements Clock {
  private ms = 0;
  private readonly random: () => number;

  constructor(
    seed: number,
    private readonly noise: Noise,
    private readonly tickMs = 1e-6,
  ) {
    this.random = seededRandom(seed);
  }

  now(): number {
    this.ms += Math.max(1e-5, this.tickMs / 50);
    return Math.floor(this.ms / this.tickMs) * this.tickMs;
  }

  /** Something that takes so long, on top of what the machine adds. */
  subject(ms: number): Subject {
    return { run: () => void (this.ms += this.noise(ms, this.ms, this.random)) };
  }
}

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A burst of other work is on in some of the windows of so many milliseconds. */
function isOn(now: number, windowMs: number, share: number): boolean {
  return seededRandom(Math.floor(now / windowMs) + 1)() < share;
}

/** Kinds of machines on which timings are taken. */
export const NOISES = {
  quiet: (ms, _now, random) => ms * (1 + 0.01 * Math.abs(normal(random))),
  busy: (ms, _now, random) => ms * Math.exp(0.15 * normal(random)),
  drifting: (ms, now, random) => ms * (1 + now / 2000) * Math.exp(0.05 * normal(random)),
  throttled: (ms, now, random) => ms * (now > 300 ? 1.7 : 1) * Math.exp(0.03 * normal(random)),
  bursts: (ms, now, random) => ms * (isOn(now, 20, 0.3) ? 2.5 : 1) * Math.exp(0.05 * normal(random)),
  heavyTails: (ms, _now, random) => ms * (1 + 0.02 / (1 - random()) ** 0.9),
  preempted: (ms, _now, random) => ms * (1 + 0.02 * random()) + (random() < 0.1 ? 4 * random() : 0),
  twoSpeeds: (ms, _now, random) => ms * (random() < 0.5 ? 1 : 1.6) * Math.exp(0.02 * normal(random)),
} satisfies Record<string, Noise>;
