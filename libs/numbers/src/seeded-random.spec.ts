import { randomOrder, seededRandom } from './seeded-random.js';

describe('random numbers of a seed', () => {
  it('are the same on every machine and in every version', () => {
    const random = seededRandom(1);
    const bits = [random(), random(), random()].map((value) => value * 2 ** 32);
    expect(bits).toEqual([2693262067, 11749833, 2265367787]);
  });

  it('take any whole number for a seed, by its lowest 32 bits', () => {
    expect(seededRandom(-1)()).toBe(seededRandom(2 ** 32 - 1)());
  });

  it('lie in [0, 1) with the mean of a half', () => {
    const random = seededRandom(7);
    const drawn = Array.from({ length: 10_000 }, random);
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(Math.abs(drawn.reduce((sum, value) => sum + value, 0) / drawn.length - 0.5)).toBeLessThan(0.02);
  });
});

describe('a random order', () => {
  it('holds each index once, and nothing for a count of none', () => {
    expect(randomOrder(100, seededRandom(3)).toSorted()).toEqual(Uint32Array.from({ length: 100 }, (_, i) => i));
    expect(randomOrder(0, seededRandom(3))).toHaveLength(0);
  });

  it('is each of all orders equally often', () => {
    const random = seededRandom(5);
    const counts = new Map<string, number>();
    for (let run = 0; run < 6000; run++) {
      const order = randomOrder(3, random).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});
