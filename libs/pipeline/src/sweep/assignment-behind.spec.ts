import { assignmentBehind } from './assignment-behind.js';
import { parseSweep } from './parse-sweep.js';
import { planSweep } from './sweep-plan.js';
import { trialRecipe } from './trial-recipe.js';

const plan = planSweep(
  parseSweep({
    parameters: { bits: { grid: [8, 4] } },
    passes: [
      { pass: 'prune', options: { granularity: 'weight', ratio: { min: 0.1, max: 0.7, step: 0.2 } } },
      {
        pass: 'quantize',
        options: {
          weightBits: '$bits',
          layerBits: { 'conv*': '$bits' },
          ends: { choice: ['same', 'bits8'], when: { bits: 4 } },
        },
      },
      { pass: 'distill', optional: true, options: { epochs: { grid: [1, 2] } } },
    ],
    orders: [
      ['prune', 'quantize', 'distill'],
      ['quantize', 'prune', 'distill'],
    ],
    objectives: [{ metric: 'bytes' }],
  }),
);

describe('assignmentBehind', () => {
  it('finds the assignment of every recipe that the space makes: ties, conditions, presence and order', () => {
    const all = [...plan.space.all()];
    for (const assignment of all) {
      const made = trialRecipe(plan, assignment);
      if (!('recipe' in made)) throw new RangeError('no recipe');
      expect(assignmentBehind(plan, made.recipe.passes)).toEqual(assignment);
    }
    expect(all.length).toBeGreaterThan(50);
  });

  it('finds none of a recipe that no assignment makes', () => {
    const prune = { pass: 'prune', options: { granularity: 'weight', ratio: 0.3 } };
    const bits = (weightBits: number, tied = weightBits) => ({
      pass: 'quantize',
      options: { weightBits, layerBits: { 'conv*': tied } },
    });
    expect(assignmentBehind(plan, [prune, bits(8)])).toMatchObject({ bits: 8, 'prune.ratio': 0.3, distill: false });
    expect(assignmentBehind(plan, [prune, bits(8, 4)])).toBeNull();
    expect(assignmentBehind(plan, [prune, bits(2)])).toBeNull();
    expect(assignmentBehind(plan, [prune])).toBeNull();
    expect(assignmentBehind(plan, [{ ...prune, options: { ...prune.options, ratio: 0.2 } }, bits(8)])).toBeNull();
    expect(assignmentBehind(plan, [prune, bits(8), prune])).toBeNull();
  });
});
