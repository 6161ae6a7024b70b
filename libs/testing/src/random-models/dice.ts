import { randomNumbers } from '../random.js';

/** Choices that a seed decides. */
export class Dice {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = randomNumbers(seed);
    // The first numbers of neighbouring seeds are alike.
    for (let i = 0; i < 4; i++) this.next();
  }

  /** A whole number from `low` up to and including `high`. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T;
  }

  /** Nearly normal numbers around zero. */
  normal(deviation: number): number {
    return (this.next() + this.next() + this.next() + this.next() - 2) * deviation * Math.sqrt(3);
  }
}
