import type { SweepDocument } from '#contracts';
import { assignmentKey } from '#search';
import { SweepError, type RecipeProblem } from '../errors.js';
import { checkAssignment, isInSpace } from './assignments.js';
import { checkSpace } from './check-space.js';
import { parseSweep } from './parse-sweep.js';
import { parametersOf, planSweep } from './sweep-plan.js';
import { trialRecipe } from './trial-recipe.js';

const EVALUATE = { pass: 'evaluate' };
const OBJECTIVES = [{ metric: 'bytes' }, { metric: 'top1' }];
const parse = (passes: unknown, rest: object = {}): SweepDocument =>
  parseSweep({ passes, objectives: OBJECTIVES, ...rest });

/** bits x ratio x distill, as in the example. */
const SEED_NET = parse([
  { pass: 'quantize', options: { weightBits: { grid: [8, 4, 2] } } },
  { pass: 'prune', options: { ratio: { grid: [0, 0.3, 0.5, 0.7, 0.9] } } },
  { pass: 'distill', optional: true, options: { epochs: 1 } },
  EVALUATE,
]);

const recipes = (document: SweepDocument) => {
  const plan = planSweep(document);
  return [...plan.space.all()].map((assignment) => {
    const made = trialRecipe(plan, assignment);
    if ('problems' in made) throw new SweepError(made.problems);
    return made.recipe.passes;
  });
};

const refusal = (work: Promise<unknown>): Promise<Record<string, string>> =>
  work.then(
    () => ({}),
    (error: unknown) =>
      problems(() => {
        throw error;
      }),
  );

function problems(work: () => unknown): Record<string, string> {
  try {
    work();
  } catch (error) {
    if (error instanceof SweepError)
      return Object.fromEntries(error.problems.map(({ field, message }) => [field, message]));
    throw error;
  }
  return {};
}

describe('the space of a sweep', () => {
  it('has a parameter for each range and each optional pass, and a valid recipe for every assignment', async () => {
    const plan = planSweep(SEED_NET);
    expect(plan.space.parameters.map(({ name }) => name)).toEqual(['quantize.weightBits', 'prune.ratio', 'distill']);
    expect(plan.space.size).toBe(30);
    const { valid, infeasible, isAll } = await checkSpace(plan);
    expect([valid.length, infeasible, isAll]).toEqual([30, [], true]);
    expect(recipes(SEED_NET).at(-1)).toEqual([
      { pass: 'quantize', options: { weightBits: 2 } },
      { pass: 'prune', options: { ratio: 0.9 } },
      { pass: 'distill', options: { epochs: 1 } },
      { pass: 'evaluate', options: {} },
    ]);
    expect(recipes(SEED_NET)[0]).toHaveLength(3);
  });

  it('puts ranges at any depth, ties them by name, and takes literals as they stand', () => {
    const document = parse(
      [
        {
          pass: 'quantize',
          options: {
            weightBits: '$bits',
            layerBits: { 'conv*': '$bits', fc: { sameAs: 'bits' }, last: { grid: [8, 4] } },
          },
        },
        { pass: 'prune', options: { exclude: { literal: ['$a', { min: 1, max: 2 }] } } },
        { pass: 'prune', options: { exclude: ['$$a'], ratio: { min: 0.1, max: 0.3, step: 0.1, name: 'ratio' } } },
        EVALUATE,
      ],
      { parameters: { bits: { choice: [8, 2] } } },
    );
    const plan = planSweep(document);
    expect(plan.space.parameters.map(({ name }) => name)).toEqual(['bits', 'quantize.layerBits.last', 'ratio']);
    const made = trialRecipe(plan, { bits: 2, 'quantize.layerBits.last': 4, ratio: 0.2 });
    expect('problems' in made && made.problems[0]?.field).toBe('passes[1].options.exclude[1]');
    document.passes[1]!.options = {};
    expect(trialRecipe(planSweep(document), { bits: 2, 'quantize.layerBits.last': 4, ratio: 0.2 })).toMatchObject({
      recipe: {
        passes: [
          { options: { weightBits: 2, layerBits: { 'conv*': 2, fc: 2, last: 4 } } },
          {},
          { options: { exclude: ['$a'], ratio: 0.2 } },
          {},
        ],
      },
    });
  });

  it('searches the order of passes, choices of whole objects, and options under a condition', () => {
    const document = parse(
      [
        {
          pass: 'prune',
          options: {
            granularity: { choice: ['weight', 'channel'] },
            layerLimit: { grid: [0.5, 0.9], when: { 'prune.granularity': 'weight' } },
          },
        },
        { pass: 'quantize', options: { mixed: { choice: [{ averageBits: 4 }, { averageBits: 6 }] } } },
        EVALUATE,
      ],
      {
        orders: [
          ['prune', 'quantize', 'evaluate'],
          ['quantize', 'prune', 'evaluate'],
        ],
      },
    );
    const all = [...planSweep(document).space.all()];
    expect(all).toHaveLength(2 * 3 * 2);
    expect(new Set(all.map(assignmentKey)).size).toBe(12);
    const made = recipes(document);
    expect(made.map(([first]) => first!.pass).filter((pass) => pass === 'prune')).toHaveLength(6);
    expect(made[0]).toEqual([
      { pass: 'prune', options: { granularity: 'weight', layerLimit: 0.5 } },
      { pass: 'quantize', options: { mixed: { averageBits: 4 } } },
      { pass: 'evaluate', options: {} },
    ]);
    const channel = made.find((passes) => passes.some(({ options }) => options['granularity'] === 'channel'));
    expect(channel?.[0]?.options).toEqual({ granularity: 'channel' });
  });

  it('chooses between alternatives by conditions on steps', () => {
    const document = parse(
      [
        { pass: 'prune', when: { method: 'prune' }, options: { ratio: { grid: [0.2, 0.4] } } },
        { pass: 'quantize', when: { method: ['quantize', 'both'] } },
        EVALUATE,
      ],
      { parameters: { method: { choice: ['prune', 'quantize'] } } },
    );
    expect(problems(() => planSweep(document))).toEqual({
      'passes[1].when.method': '"method" is never "both": choose one of prune, quantize',
    });
    document.passes[1]!.when = { method: 'quantize' };
    expect(recipes(document).map((passes) => passes.map(({ pass }) => pass)[0])).toEqual([
      'prune',
      'prune',
      'quantize',
    ]);
  });

  it('tells what each parameter can be', () => {
    expect(parametersOf(planSweep(SEED_NET))[1]).toEqual({
      name: 'prune.ratio',
      values: [0, 0.3, 0.5, 0.7, 0.9],
      ordered: true,
      min: null,
      max: null,
      log: false,
      when: {},
    });
  });

  it('names combinations that make no valid recipe, and refuses a space without any other', async () => {
    const document = parse([
      { pass: 'prune', options: { granularity: { choice: ['weight', 'channel'] }, multipleOf: { grid: [1, 8] } } },
      EVALUATE,
    ]);
    const check = await checkSpace(planSweep(document));
    expect(check.infeasible).toMatchObject([
      {
        field: 'passes[0].options.multipleOf',
        count: 1,
        example: { 'prune.granularity': 'weight', 'prune.multipleOf': 1 },
      },
    ]);
    expect(check.valid).toHaveLength(3);
    const wrong = parse([{ pass: 'prune', options: { ratio: { grid: [0.1, 0.2] }, granularty: 'weight' } }, EVALUATE]);
    expect((await refusal(checkSpace(planSweep(wrong))))['passes[0].options.granularty']).toContain(
      'did you mean "granularity"?',
    );
    const unmeasured = parse([{ pass: 'prune', options: { ratio: { grid: [0.1, 0.2] } } }]);
    expect(await refusal(checkSpace(planSweep(unmeasured)))).toEqual({
      'objectives[1].metric': 'nothing measures top1: add an evaluate pass',
    });
  });

  it('checks corners and samples of a space that is too large to check', async () => {
    const options = { ratio: { min: 0, max: 1 }, layerLimit: { min: 0.1, max: 1 }, granularity: 'weight' };
    const check = await checkSpace(planSweep(parse([{ pass: 'prune', options }, EVALUATE])));
    expect(check.isAll).toBe(false);
    expect(check.infeasible[0]).toMatchObject({ field: 'passes[0].options.ratio' });
    expect(check.valid.length).toBeGreaterThan(1000);
  });

  it.each<[string, object[], object, Record<string, string>]>([
    ['nothing to search', [{ pass: 'prune' }], {}, { passes: expect.stringMatching(/^nothing is searched/) as string }],
    [
      'a reference to nothing',
      [{ pass: 'prune', options: { ratio: '$rato' } }],
      { parameters: { ratio: { grid: [1] } } },
      {
        'passes[0].options.ratio': 'there is no parameter "rato": did you mean "ratio"?',
        'parameters.ratio': expect.stringMatching(/^nothing reads it/) as string,
      },
    ],
    [
      'two of a name',
      [{ pass: 'prune', options: { ratio: { grid: [1], name: 'a' }, layerLimit: { grid: [1], name: 'a' } } }],
      {},
      { 'passes[0].options.layerLimit': 'passes[0].options.ratio has the name "a" already: give this one another' },
    ],
    [
      'a name that every object answers to',
      [
        {
          pass: 'prune',
          options: {
            ratio: { grid: [0, 0.5], name: 'toString', when: { layers: 1 } },
            layerLimit: { grid: [0.5, 1], name: 'layers' },
          },
        },
      ],
      {},
      { 'passes[0].options.ratio': '"toString" cannot name a parameter: choose another name' },
    ],
    [
      'conditions in a circle',
      [
        {
          pass: 'prune',
          options: {
            ratio: { grid: [1], name: 'a', when: { b: 1 } },
            layerLimit: { grid: [1], name: 'b', when: { a: 1 } },
          },
        },
      ],
      {},
      {
        'passes[0].options.ratio': expect.stringMatching(/circle/) as string,
        'passes[0].options.layerLimit': expect.stringMatching(/circle/) as string,
      },
    ],
    [
      'an order that leaves a step out',
      [{ pass: 'prune' }, { pass: 'quantize' }],
      { orders: [['prune']] },
      { 'orders[0]': 'an order names each step once: prune, quantize' },
    ],
    [
      'ends the wrong way round',
      [{ pass: 'prune', options: { ratio: { min: 1, max: 0 } } }],
      {},
      {
        'passes[0].options.ratio':
          'parameter "prune.ratio": its ends are 1 and 0: give two numbers, the smaller one first',
      },
    ],
    [
      'a range with a key that there is not',
      [{ pass: 'prune', options: { ratio: { min: 0, max: 1, stpe: 0.1 } } }],
      {},
      { 'passes[0].options.ratio.stpe': expect.stringMatching(/there is no "stpe" here/) as string },
    ],
  ])('refuses %s, by field', (_what, passes, rest, expected) => {
    expect(problems(() => planSweep(parse([...passes, EVALUATE].slice(0, passes.length), rest)))).toEqual(expected);
  });

  it('tells a condition of a step on nothing once', () => {
    const document = parse([{ pass: 'prune', when: { depth: 1 } }, { pass: 'quantize', optional: true }, EVALUATE]);
    const found = (): RecipeProblem[] => {
      try {
        planSweep(document);
      } catch (error) {
        if (error instanceof SweepError) return [...error.problems];
      }
      return [];
    };
    expect(found()).toEqual([
      { field: 'passes[0].when.depth', message: expect.stringContaining('no parameter "depth"') as string },
    ]);
  });

  it.each<[string, object[], object, Record<string, string>]>([
    [
      'numbers that no JSON holds',
      [{ pass: 'prune', options: { ratio: { grid: [NaN, 0.5] }, layers: { choice: [{ a: [Infinity] }] } } }],
      {},
      {
        'passes[0].options.ratio.grid[0]': 'NaN and Infinity are no values: give a finite number',
        'passes[0].options.layers.choice[0]': 'NaN and Infinity are no values: give a finite number',
      },
    ],
    [
      'two objectives of one metric',
      [{ pass: 'prune', options: { ratio: { grid: [0, 0.5] } } }],
      { objectives: [{ metric: 'bytes' }, { metric: 'bytes', direction: 'maximize' }] },
      { objectives: 'two objectives are of the same metric: leave one out' },
    ],
  ])('refuses %s', (_what, passes, rest, expected) => {
    expect(problems(() => planSweep(parse(passes, rest)))).toEqual(expected);
  });

  it('refuses a document by field, the nearest word named', () => {
    expect(problems(() => parseSweep({ passes: [], objektives: [] }))).toMatchObject({
      objektives: 'there is no "objektives" here: did you mean "objectives"?',
    });
    expect(problems(() => parseSweep('a: ['))).toEqual({ '': expect.stringMatching(/^line 1: /) as unknown });
  });
});

describe('a trial made by hand', () => {
  const { space } = planSweep(
    parse([
      { pass: 'quantize', options: { weightBits: { grid: [8, 4] } } },
      { pass: 'prune', optional: true, options: { ratio: { min: 0, max: 0.9, step: 0.3 } } },
      EVALUATE,
    ]),
  );

  it('gives each parameter that exists one of its values', () => {
    const given = { 'quantize.weightBits': 8, prune: true, 'prune.ratio': 0.6 };
    expect(checkAssignment(space, given)).toEqual(given);
    expect(isInSpace(space, given)).toBe(true);
    expect(isInSpace(space, { 'quantize.weightBits': 8, prune: false })).toBe(true);
    expect(isInSpace(space, { 'quantize.weightBits': 3, prune: false })).toBe(false);
    expect(isInSpace(space, { 'quantize.weightBits': 8 })).toBe(false);
  });

  it('is refused by field', () => {
    expect(
      problems(() => checkAssignment(space, { 'quantize.weightBits': 3, prune: false, 'prune.ratio': 0, rato: 1 })),
    ).toEqual({
      'assignment.quantize.weightBits': '3 is not in its range: give one of 8, 4',
      'assignment.prune.ratio': 'it does not exist under the other values: leave it out',
      'assignment.rato': expect.stringContaining('there is no parameter "rato"') as string,
    });
    expect(problems(() => checkAssignment(space, { 'quantize.weightBits': 8, prune: true }))).toEqual({
      'assignment.prune.ratio': 'is missing: give a number from 0 to 0.9 in steps of 0.3',
    });
  });
});
