import type { DatasetInspection, PressSubmission } from '#contracts';
import { SweepError } from '../errors.js';
import { checkSpace } from './check-space.js';
import { parseSweep } from './parse-sweep.js';
import { pressDocument } from './press.js';
import { planSweep } from './sweep-plan.js';
import { trialsOf } from './trials-of.js';
import { verifyingRecipe, verifyingStages } from './verify.js';

const DATA: DatasetInspection = { inputs: {}, classes: 10, splits: { calibration: 64, train: 5000, test: 201 } };
const BOUNDS: PressSubmission = { model: '', dataset: '', maxDrop: 0.005, minutes: 60, seed: 3 };
const press = (
  data: Partial<DatasetInspection> = {},
  bounds: Partial<PressSubmission> = {},
  ops: Record<string, number> = { Conv: 2 },
) => pressDocument({ ...BOUNDS, ...bounds }, { model: { ops, parameters: 100 }, data: { ...DATA, ...data } });

describe('pressDocument', () => {
  it('asks for the smallest model within the bounds, in a space whose every assignment is a valid recipe', async () => {
    const document = press({}, { maxBytes: 60_000, maxMs: 2 });
    expect(document).toMatchObject({
      seed: 3,
      objectives: [{ metric: 'bytes' }],
      constraints: [
        { metric: 'top1', maxDrop: 0.005 },
        { metric: 'bytes', max: 60_000 },
        { metric: 'latencyMsP95', max: 2 },
      ],
    });
    const plan = planSweep(parseSweep(JSON.parse(JSON.stringify(document))));
    const check = await checkSpace(plan);
    expect(check.infeasible).toEqual([]);
    expect(await trialsOf(plan, check)).toMatchObject({ trials: 24, sampler: 'grid' });
  });

  it('bounds the latency on a device that measures each trial, and the last one as long as a claim takes', () => {
    const { constraints, passes, verify } = press({}, { maxMs: 2, device: 'pi' });
    expect(constraints.at(-1)).toEqual({ device: 'pi', metric: 'p95Ms', max: 2 });
    expect(passes.at(-1)?.options).toMatchObject({ devices: ['pi'], benchmark: { quick: true } });
    expect(verify).toMatchObject({ benchmark: {} });
    expect(() => press({}, { device: 'pi' })).toThrow('give maxMs');
  });

  it.each<Partial<PressSubmission>>([
    {},
    { maxMs: 2 },
    { maxBytes: 9000 },
    { maxMs: 2, device: 'pi' },
    { maxMs: 2, maxBytes: 9, device: 'pi' },
  ])('plans whatever bounds are given, and how the last word is measured: %j', async (bounds) => {
    const document = parseSweep(JSON.parse(JSON.stringify(press({}, bounds))));
    const { valid } = await checkSpace(planSweep(document));
    const stages = verifyingStages(valid[0]!.stages, document.verify!);
    expect(stages.at(-1)?.options).toMatchObject({ skip: 100, ...(bounds.device ? { devices: ['pi'] } : {}) });
  });

  it('shows the search one half of the test split and keeps the other for the last word', () => {
    const { passes, verify } = press();
    expect(passes.at(-1)?.options).toMatchObject({ split: 'test', samples: 100, shuffleSeed: 1 });
    expect(verify).toEqual({ skip: 100, shuffleSeed: 1 });
    const recipe = {
      seed: 0,
      gates: [],
      passes: [
        { pass: 'prune', options: {} },
        { pass: 'evaluate', options: passes.at(-1)!.options },
      ],
    };
    expect(verifyingRecipe(recipe, verify!).passes).toEqual([
      { pass: 'prune', options: {} },
      { pass: 'evaluate', options: { split: 'test', shuffleSeed: 1, skip: 100, latencyRuns: 100 } },
    ]);
  });

  it('trains only where there are data to train on, and prunes only what has channels', () => {
    const names = ({ passes }: ReturnType<typeof press>) => passes.map(({ pass }) => pass);
    expect(names(press({ splits: { test: 50 } }))).toEqual(['quantize', 'prune', 'evaluate']);
    expect(press({ splits: { test: 50 } }).passes[0]?.options).toMatchObject({ scheme: 'weightOnly' });
    expect(names(press({}, {}, { LSTM: 1 }))).toEqual(['quantize', 'distill', 'evaluate']);
    const epochs = (train: number) => press({ splits: { ...DATA.splits, train } }).passes[2]?.options['epochs'];
    expect([epochs(100), epochs(5000), epochs(1_000_000)]).toEqual([8, 4, 1]);
  });

  it('lets what is better low rise, where labels are numbers', () => {
    expect(press({ classes: null, targets: [1] }).constraints[0]).toMatchObject({ maxRise: 0.005 });
  });

  it.each<[string, Partial<DatasetInspection>, RegExp]>([
    ['labels', { classes: null }, /needs labels/],
    ['test samples', { splits: { test: 19 } }, /has 19 samples/],
  ])('refuses data without %s', (_what, data, words) => {
    expect(() => press(data)).toThrow(SweepError);
    expect(() => press(data)).toThrow(words);
  });

  it('refuses a last word that nothing could speak, by field', () => {
    const document = parseSweep({
      passes: [{ pass: 'prune', options: { ratio: { grid: [0.1, 0.2] } } }, { pass: 'evaluate' }],
      objectives: [{ metric: 'bytes' }],
      verify: { skp: 3 },
    });
    expect(() => planSweep(document)).toThrow(/verify.skp: there is no "skp" here: did you mean "skip"/);
    document.passes.pop();
    expect(() => planSweep(document)).toThrow(/verify: it measures with evaluate/);
  });
});
