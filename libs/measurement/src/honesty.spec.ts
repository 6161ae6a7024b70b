import { compare } from './compare.js';
import type { Verdict } from './ratio.js';
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

describe('together', () => {
  it.each(['busy', 'heavyTails'] as const)(
    'four candidates that equal the baseline bring a false claim in at most 7 measurements of 100 on a machine that is %s',
    async (name) => {
      let falseClaims = 0;
      for (let seed = 1; seed <= 100; seed++) {
        const machine = new Machine(seed, NOISES[name]);
        const subjects = [1, 1, 1, 1, 1].map((ms) => machine.subject(ms));
        const { samplesMs } = await measure(subjects, { ...SETTINGS, minRuns: 100, within: null, seed }, machine);
        if (compare(samplesMs).some(({ verdict }) => verdict === 'faster' || verdict === 'slower')) falseClaims++;
      }
      expect(falseClaims).toBeLessThanOrEqual(7);
    },
  );

  it('a clock of coarse steps neither invents a difference nor hides one', async () => {
    const verdictOf = async (candidateMs: number, seed: number) => {
      const machine = new Machine(seed, NOISES.quiet, 0.1);
      const subjects = [machine.subject(0.02), machine.subject(candidateMs)];
      const { samplesMs } = await measure(subjects, { ...SETTINGS, minRuns: 40_000, seed }, machine);
      return compare(samplesMs)[0]?.verdict;
    };
    for (const seed of [1, 2, 3]) {
      expect(await verdictOf(0.02, seed)).toBe('equal');
      expect(await verdictOf(0.021, seed)).toBe('slower');
    }
  });
});
