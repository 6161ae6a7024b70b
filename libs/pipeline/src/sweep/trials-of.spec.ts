import type { SpaceCheck } from './check-space.js';
import type { SweepPlan } from './sweep-plan.js';
import { trialLimit } from './trial-limit.js';
import { samplerOf, trialsOf } from './trials-of.js';

const SPACE = [8, 4, 3, 2].map((bits) => ({ bits }));

/** A plan over four widths, of which 3 makes no recipe. */
const plan = (sampler: string, trials?: number, recipes = 100) =>
  ({
    document: { limits: trials === undefined ? {} : { trials }, sampler },
    size: SPACE.length,
    effort: { recipes },
    space: { all: () => SPACE },
  }) as unknown as SweepPlan;
const known = {
  isAll: true,
  valid: SPACE.filter(({ bits }) => bits !== 3).map((assignment) => ({ assignment, stages: [assignment.bits] })),
} as unknown as SpaceCheck;

describe('the trials of a sweep', () => {
  it.each([
    ['all of a small space', {}, 4, 4],
    ['so many as are asked', { trials: 3 }, 4, 3],
    ['no more than there are', { trials: 9 }, 4, 4],
    ['all of a thousand', {}, 1000, 1000],
    ['sixty of more', {}, 1001, 60],
  ])('are %s', (_what, limits, size, expected) => {
    expect(trialLimit({ document: { limits }, size } as unknown as SweepPlan)).toBe(expected);
  });

  it('go through the grid where nothing else is asked and all of it is wanted', () => {
    expect([samplerOf(plan('auto')), samplerOf(plan('auto', 3)), samplerOf(plan('tpe'))]).toEqual([
      'grid',
      'auto',
      'tpe',
    ]);
  });

  it('are known before the launch: of a part of the grid the first, without what makes no recipe', async () => {
    const { isExact, recipes } = await trialsOf(plan('grid', 3), known);
    expect({ isExact, recipes }).toEqual({ isExact: true, recipes: [[8], [4]] });
  });

  it('are known where all of a space is tried, whoever chooses', async () => {
    const { isExact, recipes, counted } = await trialsOf(plan('tpe'), known);
    expect({ isExact, recipes, counted }).toEqual({ isExact: true, recipes: [[8], [4], [2]], counted: 4 });
  });
});
