import type { SweepDocument } from '#contracts';
import { SweepError } from '../errors.js';
import { checkSpace } from './check-space.js';
import { effortOf, EVERY } from './effort.js';
import { parseSweep } from './parse-sweep.js';
import { planSweep } from './sweep-plan.js';
import { trialsOf } from './trials-of.js';
import { verifyingStages } from './verify.js';

const ID = '7b0c0f52-60fe-4f0c-a1c1-3e2f53b3a1aa';
const BITS = { pass: 'quantize', options: { weightBits: { grid: [8, 4] } } };
const parse = (passes: object[], rest: object = {}): SweepDocument =>
  parseSweep({ passes, objectives: [{ metric: 'bytes' }], ...rest });

/** Messages by field; none for a sweep that can be launched. */
async function problems(passes: object[], rest: object = {}): Promise<Record<string, string>> {
  try {
    await checkSpace(planSweep(parse(passes, rest)));
    return {};
  } catch (error) {
    if (!(error instanceof SweepError)) throw error;
    return Object.fromEntries(error.problems.map(({ field, message }) => [field, message]));
  }
}

describe('what keeps a sweep from being launched', () => {
  it('is told by the key of a range that is wrong, with the one that was meant', async () => {
    const ratio = (range: object) => [{ pass: 'prune', options: { granularity: 'weight', ratio: range } }];
    expect(await problems(ratio({ min: 0.1, max: 0.5, stp: 0.1 }))).toEqual({
      'passes[0].options.ratio.stp': 'there is no "stp" here: did you mean "step"?',
    });
    expect((await problems(ratio({ grd: [0.1, 0.5] })))['passes[0].options.ratio']).toContain(
      'got an object: a range is { grid: […] }',
    );
    const beside = [...ratio({ minimum: 0.1, max: 0.5 }), BITS];
    expect((await problems(beside))['passes[0].options.ratio']).toContain('a range is { grid: […] }');
    const tied = [{ pass: 'quantize', options: { weightBits: '$bits' } }];
    expect(await problems(tied, { parameters: { bits: { grid: [8, 4], nam: 'b' } } })).toEqual({
      'parameters.bits.nam': 'there is no "nam" here: did you mean "name"?',
    });
  });

  it.each([
    [
      'below what another asks for',
      [
        { metric: 'bytes', min: 200 },
        { metric: 'bytes', max: 100 },
      ],
      'constraints[1].max',
      'at most 100 and at least 200',
    ],
    [
      'above what another allows',
      [
        { metric: 'bytes', max: 100 },
        { metric: 'bytes', min: 200 },
      ],
      'constraints[1].min',
      'at least 200 and at most 100',
    ],
    ['in one constraint', [{ metric: 'bytes', min: 200, max: 100 }], 'constraints[0].max', 'ease one'],
    ['above every share', [{ metric: 'top1', min: 98 }], 'constraints[0].min', '98 % is written 0.98'],
    ['below every size', [{ metric: 'bytes', max: -1 }], 'constraints[0].max', 'never below 0'],
  ])('a bound that no model holds: %s', async (_what, constraints, field, message) => {
    expect((await problems([BITS, { pass: 'evaluate' }], { constraints }))[field]).toContain(message);
  });

  it('a figure of a device that nobody asks', async () => {
    const pi = { device: 'pi', metric: 'p95Ms' };
    const rest = { objectives: [{ metric: 'bytes' }, pi], constraints: [{ ...pi, max: 2 }] };
    expect(await problems([BITS, { pass: 'evaluate' }], rest)).toEqual({
      'constraints[0].device': expect.stringContaining('no device measures'),
      'objectives[1].device': expect.stringContaining('no device measures'),
    });
    expect(await problems([BITS, { pass: 'evaluate', options: { devices: ['pi'] } }], rest)).toEqual({});
    expect(await problems([BITS], { objectives: [{ ...pi, metric: 'p95' }] }).catch(String)).not.toEqual({});
  });

  it('a rule of early stopping without a training, or with one that ends before it', async () => {
    const stopping = { rule: 'asha' };
    expect((await problems([BITS], { stopping }))['stopping']).toContain('no pass trains');
    const train = (epochs: object | number) => [BITS, { pass: 'distill', options: { epochs } }];
    expect((await problems(train(1), { stopping }))['stopping']).toContain('the longest training has 1');
    expect(await problems(train({ grid: [1, 2] }), { stopping })).toEqual({});
    expect((await problems(train(4), { stopping: { rule: 'asha', from: 4 } }))['stopping.from']).toContain(
      'after epoch 4',
    );
  });

  it('a median of more trials than there are, unless earlier ones count', async () => {
    const of = (limits: object, rest: object = {}) => {
      const passes = [BITS, { pass: 'distill', options: { epochs: { grid: [2, 3, 4] } } }];
      return problems(passes, { stopping: { rule: 'median' }, limits, ...rest });
    };
    expect((await of({ trials: 5 }))['stopping.rule']).toContain('that of 5 other trials, and there are 5 in all');
    expect([await of({}), await of({ trials: 5 }, { warmStart: [ID] })]).toEqual([{}, {}]);
  });

  it('a figure of early stopping that no training reports, with those that there are', async () => {
    const of = async (value: string, options: object = {}) => {
      const passes = [BITS, { pass: 'distill', options: { epochs: 2, ...options } }];
      return (await problems(passes, { stopping: { rule: 'asha', value } }))['stopping.value'];
    };
    expect(await of('validationLos')).toContain('choose one of loss, softLoss, hardLoss');
    expect(await of('sofLoss')).toContain('did you mean "softLoss"?');
    expect(await of('snrDb')).toContain('no training of these recipes reports a loss "snrDb"');
    expect(await of('featureLoss')).toBeDefined();
    const held = await of('validationLoss', { earlyStopping: { patience: 1 } });
    expect([held, await of('hardLoss'), await of('loss:logits')]).toEqual([undefined, undefined, undefined]);
  });

  it('a last evaluation that does not go with that of the trials, by its field', async () => {
    const evaluate = { pass: 'evaluate', options: { classification: {}, task: 'classification' } };
    const { valid } = await checkSpace(planSweep(parse([BITS, evaluate])));
    const verify = () => verifyingStages(valid[0]!.stages, { task: 'regression' });
    expect(verify).toThrow(SweepError);
    expect(verify).toThrow(/verify/);
    expect(verifyingStages(valid[0]!.stages, { skip: 3 }).at(-1)?.options['skip']).toBe(3);
  });

  it('more parameters than a search can tell apart', async () => {
    const layerBits = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`layer${i}`, { grid: [8, 4] }]));
    expect((await problems([{ pass: 'quantize', options: { layerBits } }]))['passes']).toContain(
      'it has 1001 parameters, 1000 are allowed',
    );
  });
});

describe('a sweep over many layers', () => {
  const layers = (count: number) =>
    parse([
      {
        pass: 'quantize',
        options: {
          layerBits: Object.fromEntries(Array.from({ length: count }, (_, i) => [`layer${i}`, { grid: [8, 4, 3, 2] }])),
        },
      },
    ]);

  it('takes as long to look at as a small one', () => {
    const { recipes, atOnce } = effortOf(layers(147));
    expect([recipes < EVERY, recipes * 147 < 200_000, atOnce < 14]).toEqual([true, true, true]);
    expect(effortOf(layers(2)).recipes).toBe(EVERY);
  });

  it('is looked at with every value of every layer first, and says of how many trials its stages are told', async () => {
    const plan = { ...planSweep(layers(20)), effort: { recipes: 200, atOnce: 10 } };
    let breaths = 0;
    const breathe = () => Promise.resolve(breaths++);
    const check = await checkSpace(plan, breathe);
    expect(check).toMatchObject({ isAll: false, infeasible: [] });
    expect(check.checked).toBeLessThanOrEqual(200);
    const tried = new Set(check.valid.flatMap(({ assignment }) => Object.entries(assignment).map(String)));
    expect(tried.size).toBe(20 * 4);
    expect(breaths).toBeGreaterThan(check.checked / 10 - 1);
    const many = { ...plan, document: { ...plan.document, limits: { trials: 50_000, parallel: 1 } } };
    const chosen = await trialsOf(many, check);
    expect(chosen).toMatchObject({ trials: 50_000, counted: 200, isExact: false });
    expect(chosen.recipes).toHaveLength(200);
  });
});
