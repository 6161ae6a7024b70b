import { tryModel, type TryOutcome } from './try-model.js';
import { TRIALS } from './trials.js';

/** Models of one test: so few that it ends in time on the busiest machine. */
const GROUP = 5;

/** More refusals than this would mean that preflight refuses what could run. */
const MOST_REFUSED = 0.15;

/**
 * Tests that put the random models of the seeds from `first` up to `last` through every pass; a failure names seed,
 * pass and what broke.
 */
export function describeSeeds(first: number, last: number): void {
  describe('every pass on random models ends in what its report says, or is refused before a job is accepted', () => {
    const outcomes: TryOutcome[] = [];
    const groups = Array.from({ length: Math.ceil((last - first + 1) / GROUP) }, (_, i) => first + i * GROUP);

    it.each(groups)('seeds from %i on', async (from) => {
      const tried: TryOutcome[] = [];
      for (let seed = from; seed < Math.min(from + GROUP, last + 1); seed++)
        tried.push(...(await tryModel(seed, TRIALS)));
      outcomes.push(...tried);
      expect(tried.filter(({ state }) => state === 'broken')).toEqual([]);
    });

    it('and few are refused', () => {
      const refused = outcomes.filter(({ state }) => state === 'refused');
      expect(refused.length / outcomes.length).toBeLessThan(MOST_REFUSED);
    });
  });
}
