import { compare, type Verdict } from './compare.js';
import { Machine, NOISES, type Noise } from './machine.fixture.js';
import { measure } from './measure.js';
import { FULL } from './settings.js';

const SETTINGS = { ...FULL, minRuns: 250, minSeconds: 0, warmupRuns: 2 };

/** What is said of so many measurements against a baseline that takes 1 ms. */
async function verdictsOf(noise: Noise, candidateMs: number, series: number): Promise<Record<Verdict, number>> {
  const counts = { faster: 0, slower: 0, equal: 0, inconclusive: 0 };
  for (let seed = 1; seed <= series; seed++) {
    const machine = new Machine(seed, noise);
    const { samplesMs } = await measure(
      [machine.subject(1), machine.subject(candidateMs)],
      { ...SETTINGS, seed: 7 * seed },
      machine,
    );
    counts[compare(samplesMs)[0]?.verdict ?? 'inconclusive']++;
  }
  return counts;
}

describe.each(Object.entries(NOISES))('on a simulated machine that is %s', (_name, noise) => {
  it('tells equal subjects apart in at most 7 series of 100', async () => {
    const { faster, slower } = await verdictsOf(noise, 1, 100);
    expect(faster + slower).toBeLessThanOrEqual(7);
  });

  it('never calls a subject that is 3 % slower equal or faster', async () => {
    const { equal, faster } = await verdictsOf(noise, 1.03, 40);
    expect([equal, faster]).toEqual([0, 0]);
  });

  it('finds one that takes half as long', async () => {
    const { faster } = await verdictsOf(noise, 0.5, 5);
    expect(faster).toBe(5);
  });
});
