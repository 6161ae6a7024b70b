import type { SweepDocument } from '#contracts';
import { parseSweep } from '../parse-sweep.js';
import { planSweep } from '../sweep-plan.js';
import { SweepStudy } from '../sweep-study.js';
import type { AnalyzedWidths, SpaceMeasures } from './measures.js';
import { spaceModel } from './space-model.js';

const layer = (node: string, elements: number, snrs: (number | null)[]): AnalyzedWidths => ({
  node,
  elements,
  widths: [8, 4, 2].map((bits, at) => ({ bits, outputSnrDb: snrs[at]! })),
});
/** The first layer is small and loses much, the last large and loses nothing. */
const LAYERS = [
  layer('conv1', 100, [40, 10, 0]),
  layer('conv2', 1000, [50, 30, 20]),
  layer('fc', 10_000, [60, 60, null]),
];

const measured = (layers: AnalyzedWidths[]): SpaceMeasures => ({ layers, channels: null, bytes: 50_000 });

const widths = (layerBits: object, rest: Partial<SweepDocument> = {}) =>
  planSweep(
    parseSweep({
      passes: [
        { pass: 'quantize', options: { weightBits: { grid: [8, 4, 2] }, layerBits } },
        { pass: 'distill', optional: true },
        { pass: 'evaluate' },
      ],
      objectives: [{ metric: 'bytes' }, { metric: 'outputSnrDb' }],
      limits: { trials: 9 },
      ...rest,
    }),
  );
const EACH = { conv1: { grid: [8, 4, 2] }, 'conv*': { grid: [8, 4, 2] } };

describe('a model of the widths of layers', () => {
  it('gives each parameter the layers that it sets: a name before patterns, and the rest', () => {
    const { parts, model, foresee } = spaceModel(widths(EACH), measured(LAYERS))!;
    expect(parts.map(({ parameter }) => parameter.name)).toEqual([
      'quantize.weightBits',
      'quantize.layerBits.conv1',
      'quantize.layerBits.conv*',
    ]);
    expect(model.couplings).toEqual([]);
    expect(model.parts[1]!.map(({ cost, loss }) => [cost, Number(loss.toFixed(6))])).toEqual([
      [-300, 0.0001],
      [-350, 0.1],
      [-375, 1],
    ]);
    expect(model.parts[0]![2]).toEqual({ cost: -37_500, loss: 0 });
    const lowest = { 'quantize.weightBits': 2, 'quantize.layerBits.conv1': 2, 'quantize.layerBits.conv*': 2 };
    expect(foresee({ ...lowest, distill: false }).bytes).toBe(50_000 - 37_500 - 375 - 3750);
  });

  it('knows parameters that are repeated by name, and is none where nothing was measured', () => {
    const plan = widths({ conv1: '$small', conv2: { sameAs: 'small' } }, { parameters: { small: { grid: [8, 4] } } });
    expect(spaceModel(plan, measured(LAYERS))!.parts.map(({ parameter }) => parameter.name)).toEqual([
      'small',
      'quantize.weightBits',
    ]);
    expect(spaceModel(plan, measured([]))).toBeNull();
    expect(
      spaceModel(widths(EACH), measured(LAYERS.map((one) => ({ ...one, widths: one.widths.slice(0, 1) })))),
    ).toBeNull();
  });

  it('seeds a sweep: where the large layer loses nothing, its bits are the first to go', () => {
    const study = new SweepStudy(widths(EACH, { sampler: 'model' }), measured(LAYERS));
    const asked = [0, 1, 2].map((number) => study.ask(number)!);
    expect(asked.every((assignment) => assignment['quantize.weightBits'] === 2)).toBe(true);
    expect(new Set(asked.map((assignment) => assignment['distill'])).size).toBe(2);
  });
});

describe('the study of a sweep', () => {
  const plan = widths(EACH, { sampler: 'tpe', limits: { trials: 40, parallel: 2 } });
  const outcome = (at: number) => ({ values: [at % 7, at % 5], constraints: [] });

  it('asks the same after a restart, whatever was asked before in the process', () => {
    const first = new SweepStudy(plan);
    const recorded = Array.from({ length: 20 }, (_, number) => {
      const assignment = first.ask(number)!;
      const trial = { number, assignment, state: 'complete' as const, outcome: outcome(number) };
      first.learn([trial]);
      return trial;
    });
    const second = new SweepStudy(plan);
    second.learn(recorded);
    second.learn(recorded.slice(3, 9));
    expect(second.ask(20)).toEqual(first.ask(20));
  });

  it('leaves out trials that a changed space does not hold, and asks for none twice', () => {
    const study = new SweepStudy(widths({}, { limits: { trials: 6, parallel: 1 } }));
    study.learn([
      { number: 0, assignment: { 'quantize.weightBits': 3, distill: false }, state: 'complete', outcome: outcome(1) },
    ]);
    study.learn([
      { number: 1, assignment: { 'quantize.weightBits': 8, distill: false }, state: 'failed', outcome: null },
    ]);
    const rest = [2, 3, 4, 5, 6].map((number) => JSON.stringify(study.ask(number)));
    expect(new Set(rest).size).toBe(5);
    expect(rest).not.toContain(JSON.stringify({ 'quantize.weightBits': 8, distill: false }));
    expect(study.ask(7)).toBeNull();
  });
});
