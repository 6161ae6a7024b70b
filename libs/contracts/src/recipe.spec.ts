import { Recipe, recipeTitle } from './recipe.js';

describe('recipeTitle', () => {
  it('tells the jobs of a sweep apart by their options', () => {
    expect(
      recipeTitle(Recipe.parse({ passes: [{ pass: 'quantize', options: { bits: 4 } }, { pass: 'evaluate' }] })),
    ).toBe('quantize bits 4 → evaluate');
  });

  it('is a line, however much a recipe asks for', () => {
    expect(
      recipeTitle(
        Recipe.parse({
          passes: [
            { pass: 'prune', options: { exclude: Array.from({ length: 500 }, (_, index) => `layer ${index}`) } },
          ],
        }),
      ).length,
    ).toBeLessThanOrEqual(160);
  });
});
