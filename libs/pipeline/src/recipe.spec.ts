import { RecipeError } from './errors.js';
import { parseRecipe } from './recipe.js';

const problems = (recipe: unknown) => {
  try {
    parseRecipe(recipe);
    return [];
  } catch (error) {
    if (error instanceof RecipeError) return error.problems;
    throw error;
  }
};

describe('parseRecipe', () => {
  it('reads YAML, JSON text and objects alike', () => {
    const recipe = { seed: 7, passes: [{ pass: 'prune', options: { ratio: 0.3 } }] };
    const expected = { ...recipe, gates: [] };
    expect(parseRecipe('seed: 7\npasses:\n  - { pass: prune, options: { ratio: 0.3 } }\n')).toEqual(expected);
    expect(parseRecipe(JSON.stringify(recipe))).toEqual(expected);
    expect(parseRecipe(recipe)).toEqual(expected);
  });

  it('names the nearest pass, option and key for a typo, all in one error', () => {
    expect(problems({ passes: [{ pass: 'quantise' }, { pass: 'prune', options: { ration: 0.5 } }] })).toEqual([
      { field: 'passes[0].pass', message: 'there is no pass "quantise": did you mean "quantize"?' },
      { field: 'passes[1].options.ration', message: 'there is no "ration" here: did you mean "ratio"?' },
    ]);
    expect(problems({ passes: [{ pas: 'prune' }] })).toContainEqual({
      field: 'passes[0].pas',
      message: 'there is no "pas" here: did you mean "pass"?',
    });
    expect(problems({ passes: [{ pass: 'prune' }], gatess: [] })).toContainEqual({
      field: 'gatess',
      message: 'there is no "gatess" here: did you mean "gates"?',
    });
  });

  it.each([
    ['an option of an option', { earlyStopping: { patienc: 3 } }, 'earlyStopping.patienc', 'patience'],
    ['an entry of a list', { assistants: [{ width: 0.5, deph: 1 }] }, 'assistants[0].deph', 'depth'],
  ])('names the nearest key for a typo in %s', (_what, options, field, near) => {
    expect(problems({ passes: [{ pass: 'distill', options }] })).toEqual([
      { field: `passes[0].options.${field}`, message: expect.stringContaining(`did you mean "${near}"?`) as unknown },
    ]);
  });

  it.each([
    ['budget', { granularity: 'weight', budget: { macs: 0.5 } }, 'granularity channel'],
    ['sensitivity', { granularity: 'block', sensitivity: true }, 'groups of channels'],
    ['layerLimits', { granularity: 'n:m', layerLimits: { conv1: 0.5 } }, 'exclude'],
  ])('refuses %s where pruning would not heed it', (field, options, way) => {
    expect(problems({ passes: [{ pass: 'prune', options }] })).toEqual([
      { field: `passes[0].options.${field}`, message: expect.stringContaining(way) as unknown },
    ]);
  });

  it('says what a teacher and a student may be', () => {
    const options = { teacher: { modle: 'x' }, student: 'smaller' };
    expect(problems({ passes: [{ pass: 'distill', options }] })).toEqual([
      {
        field: 'passes[0].options.teacher',
        message: expect.stringContaining('{ models: [ID, …], weights: […] }') as unknown,
      },
      { field: 'passes[0].options.student', message: expect.stringContaining('{ width, depth }') as unknown },
    ]);
    expect(problems({ passes: [{ pass: 'distill', options: { student: { width: 2 } } }] })).toMatchObject([
      { field: 'passes[0].options.student.width' },
    ]);
  });

  it('refuses to hold samples back where none are read', () => {
    expect(
      problems({ passes: [{ pass: 'distill', options: { method: 'generative', earlyStopping: {} } }] }),
    ).toMatchObject([{ field: 'passes[0].options.earlyStopping' }]);
  });

  it('lists the valid names when none is near', () => {
    expect(problems({ passes: [{ pass: 'zzzzzzzzzzzz' }] })[0]?.message).toMatch(/choose one of quantize, prune/);
  });

  it('places a value out of range at its field', () => {
    expect(problems({ passes: [{ pass: 'prune', options: { ratio: 7 } }] })[0]?.field).toBe('passes[0].options.ratio');
  });

  it('says in which line YAML breaks, and refuses a text that is no recipe', () => {
    expect(problems('passes:\n  - { pass: prune\n')).toEqual([
      { field: '', message: expect.stringMatching(/^line \d: /) as unknown },
    ]);
    expect(problems('just words')).toHaveLength(1);
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdef'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[i]}`).join(',')}]`),
    ].join('\n');
    expect(problems(bomb)[0]?.message).toContain('those that aliases repeat included');
  });

  it('refuses a gate over a figure that nobody would measure on the final model', () => {
    const gates = [{ metric: 'top1', min: 0.9 }];
    expect(problems({ passes: [{ pass: 'prune' }], gates })).toEqual([
      { field: 'gates[0].metric', message: 'nothing measures top1: add an evaluate pass' },
    ]);
    expect(problems({ passes: [{ pass: 'evaluate' }, { pass: 'prune' }], gates })[0]?.message).toContain(
      'move evaluate behind passes[1]',
    );
    expect(problems({ passes: [{ pass: 'prune' }, { pass: 'evaluate' }], gates })).toEqual([]);
  });
});
